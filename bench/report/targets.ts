import { ENGINE_NAMES, ENGINES, type EngineName } from "../../local/engines.ts";
import { AT_ONCE, AT_ONCE_SDK, FEW, FLEET } from "../fleet/measure.ts";
import { FUNCTIONS } from "../functions.ts";
import { type FunctionResults, present, type Results } from "../results.ts";
import { TEMPLATE } from "./counts.ts";
import { kilobytes, megabytes } from "./section.ts";

/** A target that the peer misses, and whether the measured number reaches it. */
export interface Target {
  readonly what: string;
  /** Name and number of the peer: the best number of its functions. */
  readonly peer: string;
  readonly toReach: string;
  /** Undefined if not measured. */
  readonly measured: string | undefined;
  readonly reached: boolean | undefined;
}

interface Limits {
  /** Limit for the ratio to an empty handler, about 5 % above the measured ratio. */
  readonly coldStart: number;
  readonly zippedKilobytes: number;
  readonly memoryMegabytes: number;
}

/** An engine without limits here has only those of its budget. */
const LIMITS: Partial<Record<EngineName, Limits>> = {
  postgres: { coldStart: 1.55, zippedKilobytes: 125, memoryMegabytes: 76 },
  mysql: { coldStart: 1.7, zippedKilobytes: 160, memoryMegabytes: 79 },
  mariadb: { coldStart: 1.7, zippedKilobytes: 160, memoryMegabytes: 79 },
};

/** For a target of several functions, the worst one counts. */
export function targets(results: Results): Target[] {
  const limited = ENGINE_NAMES.flatMap((engine) => {
    const limits = LIMITS[engine];
    return limits ? [{ engine, ...limits }] : [];
  });
  return [
    ...roundTrips(results),
    ...limited.map(({ engine, coldStart: most }) => coldStart(results, engine, most)),
    ...limited.map(({ engine, zippedKilobytes }) => zipped(results, engine, zippedKilobytes)),
    ...limited.map(({ engine, memoryMegabytes }) => memory(results, engine, memoryMegabytes)),
    fleet(results, FEW, 1.15),
    fleet(results, FLEET, 1.08),
    besideAws(results),
  ];
}

function roundTrips(results: Results): Target[] {
  const rotations = of(results, (name) => name.endsWith("single-user")).flatMap(
    ({ roundTrips: measured }) => {
      const both = present(measured);
      return both ? [both.first, both.next] : [];
    },
  );
  const calls = worst(rotations.map(({ apiCalls }) => apiCalls));
  const failed = worst(rotations.map(({ failedApiCalls }) => failedApiCalls));
  const sequential = worst(rotations.map((rotation) => rotation.sequentialApiRoundTrips));
  const both = calls !== undefined && failed !== undefined;
  return [
    {
      what: "API calls, single-user",
      peer: `AWS's templates: ${TEMPLATE.calls}, ${TEMPLATE.failed} failed`,
      toReach: "≤ 11, 0 failed",
      measured: both ? `${calls}, ${failed} failed` : undefined,
      reached: both ? calls <= 11 && failed === 0 : undefined,
    },
    {
      what: "API calls in sequence, single-user",
      peer: `AWS's templates: ${TEMPLATE.calls}`,
      ...atMost(6, sequential, String),
    },
  ];
}

function coldStart(results: Results, engine: EngineName, most: number): Target {
  const times = ofEngine(results, engine).flatMap((one) => present(one.coldStart) ?? []);
  const ofEmpty = (build: "ours" | "plain") => times.map((time) => time[build].ready / time.empty.ready);
  return {
    what: `cold start to ready, ${ENGINES[engine].product}; empty handler = 1`,
    peer: peerOf("plain esbuild bundle", best(ofEmpty("plain")), twoDigits),
    ...atMost(most, worst(ofEmpty("ours")), twoDigits),
  };
}

function zipped(results: Results, engine: EngineName, most: number): Target {
  const sizes = ofEngine(results, engine).flatMap(({ bundle }) => present(bundle) ?? []);
  const peer = best(sizes.map(({ plainModules }) => plainModules.zipped));
  return {
    what: `code, zipped, ${ENGINES[engine].product}`,
    peer: peerOf("plain esbuild bundle, minified ES modules", peer, kilobytes),
    ...atMost(most * 1024, worst(sizes.map(({ code }) => code.zipped)), kilobytes),
  };
}

function memory(results: Results, engine: EngineName, most: number): Target {
  const peaks = ofEngine(results, engine).flatMap((one) => present(one.memory) ?? []);
  return {
    what: `peak memory, ${ENGINES[engine].product}`,
    peer: peerOf("plain esbuild bundle", best(peaks.map(({ plain }) => plain)), megabytes),
    ...atMost(most * 1024 ** 2, worst(peaks.map(({ ours }) => ours)), megabytes),
  };
}

/** Rotations that start at the same time: with starts spread over enough time, any function reaches the target. */
function fleet(results: Results, secrets: number, limit: number): Target {
  const find = (scenario: string, size: number) =>
    present(results.fleet)?.find(
      (run) => run.scenario === scenario && run.assumptions.secrets === size && run.outcome.rotated === size,
    );
  const run = find(AT_ONCE, secrets);
  const target = atMost(limit, run?.ratio, threeDigits);
  const missing = present(results.fleet) ? "not all" : undefined;
  return {
    what: `fleet of ${many(secrets)}, ${AT_ONCE}; the quota of writes = 1`,
    peer: peerOf(
      `the SDK's three attempts alone, ${many(FEW)} secrets`,
      find(AT_ONCE_SDK, FEW)?.ratio,
      threeDigits,
    ),
    toReach: `${target.toReach}, 0 lost`,
    measured: run ? `${target.measured}, ${run.outcome.lost} lost` : missing,
    reached: run ? target.reached : missing && false,
  };
}

function besideAws(results: Results): Target {
  const measured = present(results.functions["postgres-single-user"]?.besideAws);
  const empty = measured && measured.empty / measured.aws.onceCold;
  return {
    what: "whole rotation, PostgreSQL single-user, once cold",
    peer: `AWS's template: 1.00${empty === undefined ? "" : `; empty handler: ${empty.toFixed(2)}`}`,
    ...atMost(0.3, measured && measured.ours.onceCold / measured.aws.onceCold, twoDigits),
  };
}

function atMost(limit: number, value: number | undefined, format: (value: number) => string) {
  return {
    toReach: `≤ ${format(limit)}`,
    measured: value === undefined ? undefined : format(value),
    reached: value === undefined ? undefined : value <= limit,
  };
}

function peerOf(name: string, value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? name : `${name}: ${format(value)}`;
}

const many = (secrets: number) => secrets.toLocaleString("en-US");
const twoDigits = (value: number) => value.toFixed(2);
const threeDigits = (value: number) => value.toFixed(3);

function ofEngine(results: Results, engine: EngineName): FunctionResults[] {
  return of(results, (name) => name.startsWith(`${engine}-`));
}

function of({ functions }: Results, wanted: (name: string) => boolean): FunctionResults[] {
  return FUNCTIONS.filter(({ name }) => wanted(name)).map(({ name }) => functions[name] ?? {});
}

function worst(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

function best(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}
