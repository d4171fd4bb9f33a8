import fc from "fast-check";
import type { EngineName, StrategyName } from "../../../local/engines.ts";
import { STEPS } from "../../../local/secrets-manager/events.ts";
import { secretsOf } from "../../support/canary.ts";
import { type Variant, variantsOf } from "../columns.ts";
import { type Harness, startHarness } from "../harness.ts";
import type { Part } from "../matrix.ts";
import { CHANGES, type Change } from "./changes.ts";
import { type Outcome, runCase } from "./run.ts";

/** The service tries a rotation once more by itself. */
const ATTEMPTS = 2;
/** Harnesses for what only one subject feels. */
const HARNESSES = 4;
/**
 * Each change is brought about at one point of so many, chosen by the seed, so that each point has its turn with each
 * change in some run.
 */
const ONE_OF = 6;

export type DatabasePart = Omit<Part, "pairs" | "fault">;

export interface DatabaseResult {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  /** Places in a clean rotation before which something can happen to the database, in all variants. */
  readonly points: number;
  readonly tried: number;
  /** How many recovered without anybody. */
  readonly byItself: number;
  /** How many recovered when somebody did what the errors say. */
  readonly asTold: number;
  readonly lockouts: number;
  readonly wrongPromotions: number;
  readonly failures: readonly { readonly id: string; readonly problems: readonly string[] }[];
}

interface Case {
  readonly variant: Variant;
  readonly name: string;
  readonly change: Change;
  readonly point: string;
  readonly proved: boolean;
}

/** Lets every change happen before every external effect of a rotation, as a clean one shows them. */
export async function runDatabasePart(part: DatabasePart): Promise<DatabaseResult> {
  const { engine, strategy, server, bundle, canary, seed } = part;
  await using started = new AsyncDisposableStack();
  const onFailure = (error: unknown) => canary.hearThrown(error);
  const start = async () =>
    started.use(
      await startHarness({ engine, strategy, server, bundle, service: { attempts: ATTEMPTS }, onFailure }),
    );
  const first = await start();
  const counter = createCounter(part);
  const all: Case[] = [];
  let points = 0;
  for (const variant of variantsOf(strategy, server.database.letKeepOldPassword !== undefined)) {
    if (part.only !== undefined && !part.only.startsWith(`${variant.name}/`)) continue;
    const clean = await runCase(first, variant);
    counter.count(clean, first, [variant.name, "nothing"].join("/"));
    points += clean.points.length;
    all.push(...casesOf(variant, part, clean));
  }
  const cases = chosen(all, part);
  if (cases.length === 0) throw new Error(`There is no case ${part.only}.`);
  let done = 0;
  const work = async (queue: Case[], harness: Harness) => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const outcome = await runCase(harness, one.variant, { ...one, turn: seed + sumOf(idOf(one)) });
      counter.count(outcome, harness, idOf(one));
      if (done % 10 === 0) await canary.hearCommandLines();
      done++;
      part.onProgress(done, cases.length);
    }
    canary.hear("the function's output", harness.stack.log.join("\n"));
  };
  const apart = cases.filter(({ change }) => !change.wide);
  const others = Array.from({ length: Math.min(HARNESSES, apart.length) - 1 }, start);
  await Promise.all([work(apart, first), ...others.map(async (harness) => work(apart, await harness))]);
  await work(
    cases.filter(({ change }) => change.wide),
    first,
  );
  return counter.result(points);
}

function casesOf(variant: Variant, { strategy, seed, only }: DatabasePart, { points }: Outcome): Case[] {
  // From then on testSecret reads, a thing once each, what it compares.
  const login = points.findIndex((point) => point.startsWith("testSecret.login"));
  return Object.entries<Change>(CHANGES)
    .filter(([, change]) => change.strategy === undefined || change.strategy === strategy)
    .flatMap(([name, change], offset) => {
      const cases = points.map(
        (point, index): Case => ({ variant, name, change, point, proved: login !== -1 && index > login }),
      );
      if (only !== undefined) return cases;
      return change.wide
        ? oneOfEachStep(cases, seed + offset)
        : cases.filter((_, index) => (index + offset + seed) % ONE_OF === 0);
    });
}

/** What everybody on the server feels takes a restart, or a hundred logins: it comes while somebody is logged in. */
function oneOfEachStep(cases: readonly Case[], turn: number): Case[] {
  return STEPS.flatMap((step) => {
    const loggedIn = cases.filter(({ point }) => point.startsWith(`${step}.login`));
    return loggedIn[turn % loggedIn.length] ?? [];
  });
}

/** Some number that the text always has. */
function sumOf(text: string): number {
  return Buffer.from(text).reduce((sum, byte) => sum + byte, 0);
}

const idOf = ({ variant, name, point }: Case) => [variant.name, name, point].join("/");

function chosen(all: readonly Case[], { seed, sample = all.length, only }: DatabasePart): Case[] {
  if (only !== undefined) return all.filter((one) => idOf(one) === only);
  const length = Math.min(sample, all.length);
  const some = fc.shuffledSubarray([...all], { minLength: length, maxLength: length });
  return fc.sample(some, { seed, numRuns: 1 })[0] ?? [];
}

function createCounter({ engine, strategy, canary }: DatabasePart) {
  const count = { tried: 0, byItself: 0, asTold: 0, lockouts: 0, wrongPromotions: 0 };
  const failures: { id: string; problems: string[] }[] = [];
  return {
    count: (outcome: Outcome, harness: Harness, id: string) => {
      const { subject, followed, lockouts, wrongPromotions } = outcome;
      canary.hide(...subject.firstPasswords, ...secretsOf(harness, subject.secrets));
      const problems = [...outcome.problems, ...lockouts, ...wrongPromotions];
      count.tried++;
      if (outcome.problems.length === 0) count[followed.length === 0 ? "byItself" : "asTold"]++;
      if (lockouts.length > 0) count.lockouts++;
      if (wrongPromotions.length > 0) count.wrongPromotions++;
      if (problems.length > 0) failures.push({ id: [engine, strategy, "database", id].join("/"), problems });
    },
    result: (points: number): DatabaseResult => ({ engine, strategy, points, ...count, failures }),
  };
}
