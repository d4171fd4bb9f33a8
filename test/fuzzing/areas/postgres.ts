import fc from "fast-check";
import { type Area, type Bench, bundleFor, type Case, canary, LONG, SHORT } from "../area.ts";
import { invoke } from "../outcome.ts";
import { startPostgresServer } from "../postgres-server.ts";
import { secretFor } from "../secrets.ts";
import { stageRotation } from "../staged-rotation.ts";
import { certificates } from "./certificates.ts";
import { distortions } from "./distort.ts";
import { POSTGRES_MISBEHAVIORS, type PostgresMisbehavior } from "./postgres-misbehaviors.ts";

const misbehavior = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...POSTGRES_MISBEHAVIORS) },
  {
    weight: 2,
    arbitrary: distortions.map(
      ({ title, distort }): PostgresMisbehavior => ({ title, script: () => ({ distort }) }),
    ),
  },
);

interface Situation {
  readonly misbehavior: PostgresMisbehavior;
  readonly step: "setSecret" | "testSecret";
  /** What certificate it shows. */
  readonly tls: string;
}

const situation: fc.Arbitrary<Situation> = fc.record({
  misbehavior,
  step: fc.constantFrom("setSecret", "setSecret", "testSecret"),
  tls: certificates,
});

/** A database server that means harm, or is not one. */
export const postgresServers: Area = {
  name: "PostgreSQL servers",
  share: 0.14,
  cases: (seed, count) => fc.sample(situation, { seed, numRuns: count }).map(metPostgres),
};

export function metPostgres(chosen: Situation): Case {
  const { misbehavior, step, tls } = chosen;
  return {
    title: `${step}, PostgreSQL: ${misbehavior.title}; TLS: ${tls}`,
    run: (bench) => meet(bench, chosen),
  };
}

async function meet(bench: Bench, { misbehavior, step, tls }: Situation) {
  const password = canary("current");
  const next = canary("pending");
  const certificate = bench.certificates[tls];
  const script = misbehavior.script({
    password: step === "setSecret" ? password : next,
    heard: step === "setSecret" ? `${password} ${next}` : next,
  });
  using server = await startPostgresServer({ ...(certificate && { certificate }), ...script });
  const encrypted = certificate !== undefined || script.toTls !== undefined;
  const secret = secretFor("postgres", { port: server.port, ...(!encrypted && { ssl: false }) });
  using staged = await stageRotation(bench.endpoint, {
    current: JSON.stringify({ ...secret, password }),
    pending: JSON.stringify({ ...secret, password: next }),
  });
  const outcome = await invoke(bundleFor(bench, "postgres", "single-user"), staged.event(step), {
    milliseconds: misbehavior.reason === undefined ? SHORT : LONG,
    environment: { DATABASE_CA_FILE: bench.caFile },
  });
  const secrets = [password, next];
  return {
    outcome,
    canaries: secrets,
    operations: staged.operations,
    findings: [
      ...clearText(server.heard, encrypted ? [...secrets, "app", "SCRAM-SHA-256"] : []),
      ...(tls === "good" || !encrypted ? [] : toUnverified(server.confided, [...secrets, "app"])),
      ...(misbehavior.reason === undefined || step !== "setSecret" || !["good", "none"].includes(tls)
        ? []
        : wrongReason(outcome.reason, misbehavior.reason)),
    ],
  };
}

/** What must not have been said on a line that others hear. */
export function clearText(heard: readonly Buffer[], words: readonly string[]): string[] {
  return wordsIn(heard, words).map((word) => `said for others to hear: ${word}`);
}

/** What must not have been said to somebody who has not shown who he is. */
export function toUnverified(confided: readonly Buffer[], words: readonly string[]): string[] {
  return wordsIn(confided, words).map((word) => `sent to an unverified server: ${word}`);
}

/** Those of the words that connections have heard. */
export function wordsIn(heard: readonly Buffer[], words: readonly string[]): string[] {
  const said = Buffer.concat(heard);
  return words.filter((word) => said.includes(word));
}

/** A deadline may come first on a machine that is busy. */
export function wrongReason(reason: string | undefined, right: string): string[] {
  return [right, "deadline"].includes(String(reason)) ? [] : [`ended with ${reason} instead of ${right}`];
}
