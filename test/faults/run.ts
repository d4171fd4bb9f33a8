import { type EngineName, type StrategyName, strategiesOf } from "../../local/engines.ts";
import { startContractServer } from "../contract/servers.ts";
import { createCanary, hearServer, type Leak } from "../support/canary.ts";
import { type DatabaseResult, runDatabasePart } from "./database/matrix.ts";
import { runPart } from "./matrix.ts";
import type { Options } from "./options.ts";
import { runOutside } from "./outside/part.ts";
import { runRaces } from "./races/part.ts";
import type { Result } from "./results.ts";
import type { Row } from "./rows.ts";
import { MUTANT_COUNT, runMutants } from "./run-mutants.ts";

export interface Report {
  readonly seed: number;
  /** "PostgreSQL 18.4" */
  readonly products: readonly string[];
  readonly results: readonly Result[];
  /** Of what happened to the database from outside. */
  readonly database: readonly DatabaseResult[];
  /** Of several invocations at the same time. */
  readonly races: readonly Row[];
  /** Of changes of the secret from outside. */
  readonly outside: readonly Row[];
  /** Where something secret was found. What was found is not told. */
  readonly leaks: Record<string, number>;
  /** How many functions with a mistake were tried, and which mistakes were not seen. */
  readonly mutants: number;
  readonly blind: readonly string[];
  readonly seconds: number;
}

/** What the names of those cases have after engine and strategy. */
const DATABASE_SIDE = "database";
const ROWS = { races: runRaces, outside: runOutside };

const MOST = 0.6;

/** How many cases with two faults, for so many with one. */
const pairsFor = (sample = 200) => Math.ceil(sample / 5);

/** Functions at once. Each has its own server, and half of its cases wait for a timeout. */
const AT_ONCE = 2;

type Settings = Omit<Options, "json" | "write" | "help" | "engines" | "strategies"> & {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
};

interface Progress {
  progress(label: string, done: number, of: number): void;
  done(result: Result | DatabaseResult | Row): void;
}

/** What was found with one function. */
interface Found extends Record<keyof typeof ROWS, Row[]> {
  readonly product: string;
  readonly results: Result[];
  readonly database: DatabaseResult[];
  readonly leaks: readonly Leak[];
}

export async function run(
  options: Omit<Options, "json" | "write" | "help"> & { readonly mutants?: boolean },
  tell: Progress,
): Promise<Report> {
  const { engines, strategies, seed, fault, only } = options;
  const { mutants = only === undefined && fault === undefined } = options;
  const began = performance.now();
  const found: Found[] = [];
  const functions = engines.flatMap((engine) =>
    strategies
      .filter((strategy) => strategiesOf(engine).includes(strategy))
      .map((strategy) => ({ engine, strategy })),
  );
  // Master-user takes longer: begun last, it would keep one processor waiting.
  const queue = functions
    .map((one, index) => [index, one] as const)
    .toSorted(([, a], [, b]) => a.strategy.localeCompare(b.strategy))
    .values();
  const lane = async () => {
    for (const [index, one] of queue) found[index] = await runFunction({ ...options, ...one }, tell);
  };
  const blind: string[] = [];
  const tryMutants = async () => {
    await using server = await startContractServer("postgres", { plainConnections: true });
    blind.push(...(await runMutants(server)));
  };
  await Promise.all([...Array.from({ length: AT_ONCE }, lane), mutants && tryMutants()]);
  const leaks = Map.groupBy(
    found.flatMap((one) => one.leaks),
    ({ place }) => place,
  );
  return {
    seed,
    products: [...new Set(found.map(({ product }) => product))],
    results: found.flatMap(({ results }) => results),
    database: found.flatMap(({ database }) => database),
    races: found.flatMap(({ races }) => races),
    outside: found.flatMap(({ outside }) => outside),
    leaks: Object.fromEntries([...leaks].map(([place, all]) => [place, all.length])),
    mutants: mutants ? MUTANT_COUNT : 0,
    blind,
    seconds: (performance.now() - began) / 1000,
  };
}

async function runFunction(options: Settings, tell: Progress): Promise<Found> {
  const { engine, strategy, seed, sample, fault, only } = options;
  await using server = await startContractServer(engine, { plainConnections: true });
  const canary = createCanary();
  const found = {
    results: [] as Result[],
    database: [] as DatabaseResult[],
    races: [] as Row[],
    outside: [] as Row[],
  };
  const [kind, ...rest] = only?.split("/").slice(2) ?? [];
  const common = { engine, strategy, server, canary, seed };
  if (kind !== DATABASE_SIDE && !(String(kind) in ROWS)) {
    const result = await runPart({
      ...common,
      sample,
      pairs: fault === undefined ? pairsFor(sample) : 0,
      fault,
      only: only?.split("/").slice(2).join("/"),
      onProgress: (done, of) => tell.progress(`${engine} ${strategy}`, done, of),
    });
    found.results.push(result);
    tell.done(result);
  }
  if (fault === undefined && (kind === undefined || kind === DATABASE_SIDE)) {
    const result = await runDatabasePart({
      ...common,
      sample: sample && Math.ceil(sample / 2),
      only: kind && rest.join("/"),
      onProgress: (done, of) => tell.progress(`${engine} ${strategy}, the database side`, done, of),
    });
    found.database.push(result);
    tell.done(result);
  }
  for (const name of ["races", "outside"] as const) {
    if (fault !== undefined || (kind !== undefined && kind !== name)) continue;
    const row = await ROWS[name]({
      ...common,
      sample: sample && Math.ceil(sample / 4),
      pairs: 0,
      only: kind && rest.join("/"),
      onProgress: (done, of) => tell.progress(`${engine} ${strategy}, ${name}`, done, of),
    });
    found[name].push(row);
    tell.done(row);
  }
  await hearServer(canary, server);
  return { product: server.database.product, ...found, leaks: canary.leaks() };
}

/** How many cases, canaries and mutants were as they must be, and how many were not. */
export function verdict(report: Report): { passed: number; failed: number } {
  const { results, database, races, outside, leaks, mutants, blind } = report;
  const all = [...results, ...database, ...races, ...outside];
  const tried = all.reduce((sum, one) => sum + one.tried, 0);
  const failures = all.reduce((sum, one) => sum + one.failures.length, 0);
  const leaking = Object.keys(leaks).length;
  const rare = secondFaultsAreRare(report) ? 1 : 0;
  return {
    passed: tried - failures + mutants - blind.length + (leaking === 0 ? 1 : 0),
    failed: failures + blind.length + leaking + rare,
  };
}

/** Of the cases that were to have a second fault in the second attempt, most must have had one. */
export function secondFaultsAreRare({ results }: Report): boolean {
  const sum = (of: "pairs" | "injectedTwice") => results.reduce((total, result) => total + result[of], 0);
  return sum("injectedTwice") < sum("pairs") * MOST;
}
