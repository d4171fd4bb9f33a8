import fc from "fast-check";
import { oneAfterAnother } from "../../support/one-after-another.ts";
import type { Area, Bench, Case } from "../area.ts";
import type { Estate } from "../tenant/estate.ts";
import { foundOnMysql } from "../tenant/mysql-estate.ts";
import { MYSQL_REPERTOIRE } from "../tenant/mysql-moves.ts";
import { type Played, play } from "../tenant/play.ts";
import { foundOnPostgres } from "../tenant/postgres-estate.ts";
import { POSTGRES_REPERTOIRE } from "../tenant/postgres-moves.ts";
import { type Move, scripts, title } from "../tenant/script.ts";

/** PostgreSQL lets a tenant do most. */
const PRODUCTS = ["postgres", "mysql", "postgres", "mariadb"] as const;
export type TenantEngine = (typeof PRODUCTS)[number];

/** Milliseconds in which the shortest script is looked for that still goes wrong. */
const SHRINKING = 30_000;

/** A tenant who may write a secret and log in as its user, and tries to gain something by rotations. */
export const tenants: Area = {
  name: "a tenant on real servers",
  share: 0.003,
  atOnce: PRODUCTS.length,
  cases: (seed, count) => {
    const each = Math.ceil(count / PRODUCTS.length);
    const all = PRODUCTS.map((engine, index) => scriptsOn(engine, seed + index, each));
    // In turn, so that the servers are busy at the same time.
    return Array.from({ length: each }, (_, at) =>
      PRODUCTS.map((engine, index) => played(engine, all[index]?.[at] ?? [])),
    ).flat();
  },
};

/** @param theme a key of the product's gambits that all are to be about. */
export function scriptsOn(
  engine: TenantEngine,
  seed: number,
  count: number,
  theme?: string,
): readonly (readonly Move[])[] {
  const repertoire = engine === "postgres" ? POSTGRES_REPERTOIRE : MYSQL_REPERTOIRE;
  return fc.sample(scripts(repertoire, theme), { seed, numRuns: count });
}

/** @param shrinks whether it looks for a shorter script, if something goes wrong. */
export function played(engine: TenantEngine, script: readonly Move[], shrinks = true): Case {
  return {
    title: `${engine}, a tenant: ${title(script)}`,
    run: async (bench) => {
      const result = await joinStatements[engine](() => attempt(bench, engine, script));
      if (result === undefined) return undefined;
      const shortest =
        shrinks && result.findings.length > 0 ? await shrunk(bench, engine, script, result) : undefined;
      return {
        ...result,
        operations: [],
        findings: [
          ...result.findings,
          ...(shortest === undefined ? [] : [`the shortest such script: ${shortest}`]),
        ],
      };
    },
  };
}

/** Facts are compared: nobody else may change anything on the server meanwhile. */
const joinStatements: Record<TenantEngine, <T>(work: () => Promise<T>) => Promise<T>> = {
  postgres: oneAfterAnother(),
  mysql: oneAfterAnother(),
  mariadb: oneAfterAnother(),
};

let numbers = 0;

async function attempt(
  bench: Bench,
  engine: TenantEngine,
  script: readonly Move[],
): Promise<Played | undefined> {
  const estate = await found(bench, engine, ++numbers);
  if (estate === undefined) return undefined;
  await using _estate = estate;
  return await play(bench, estate, script);
}

async function found({ server }: Bench, engine: TenantEngine, number: number): Promise<Estate | undefined> {
  if (engine === "postgres") return foundOnPostgres(await server.postgres(), number);
  const [database, contract] = [await server.mysqlFamily(engine), await server.contract(engine)];
  return database && contract && foundOnMysql(engine, database, contract, number);
}

/** Leaves out one move after the other, as long as something goes wrong all the same. */
async function shrunk(
  bench: Bench,
  engine: TenantEngine,
  script: readonly Move[],
  first: Played,
): Promise<string> {
  const until = performance.now() + SHRINKING;
  const kind = (played: Played) => kindOf(played.findings[0] ?? "");
  let shortest = script;
  let index = 0;
  while (index < shortest.length && performance.now() < until) {
    const shorter = shortest.toSpliced(index, 1);
    const again = await joinStatements[engine](() => attempt(bench, engine, shorter));
    if (again && again.findings.length > 0 && kind(again) === kind(first)) shortest = shorter;
    else index++;
  }
  return title(shortest);
}

/** Names of users have a number, which is another one in each attempt. */
function kindOf(finding: string): string {
  return finding.replaceAll(/\d+/g, "#").slice(0, 60);
}
