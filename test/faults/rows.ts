import fc from "fast-check";
import type { EngineName, StrategyName } from "../../local/engines.ts";
import { secretsOf } from "../support/canary.ts";
import { type Harness, type HarnessOptions, startHarness } from "./harness.ts";
import type { Part } from "./matrix.ts";
import type { Failure } from "./results.ts";
import type { Subject } from "./subject.ts";

/** What came of one kind of case on one engine and strategy. */
export interface Row {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly tried: number;
  /** By what they count. */
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/** Something to try. */
interface Named {
  /** For --only, after engine, strategy and kind. */
  readonly id: string;
}

interface Ended {
  readonly subject: Subject;
  /** What is added to the row's counts. */
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const HARNESSES = 4;
/** To look at all command lines takes longer than a rotation. */
const LOOK_EVERY = 10;

/** The case that was asked for, or a sample, or all of them. */
function chosenFrom<Case extends Named>(
  all: readonly Case[],
  { seed, sample = all.length, only }: Pick<Part, "seed" | "sample" | "only">,
): Case[] {
  if (only !== undefined) return all.filter(({ id }) => id === only);
  const length = Math.min(sample, all.length);
  const some = fc.shuffledSubarray([...all], { minLength: length, maxLength: length });
  return fc.sample(some, { seed, numRuns: 1 })[0] ?? [];
}

/** Goes through cases in several harnesses side by side, and adds up what comes of them. */
export async function goThrough<Case extends Named>(
  part: Part,
  kind: string,
  options: Pick<HarnessOptions, "environment" | "service">,
  learn: (harness: Harness) => Promise<readonly Case[]>,
  run: (harness: Harness, one: Case) => Promise<Ended>,
): Promise<Row> {
  const { engine, strategy, server, bundle, canary } = part;
  await using started = new AsyncDisposableStack();
  const onFailure = (error: unknown) => canary.hearThrown(error);
  const start = async () =>
    started.use(await startHarness({ engine, strategy, server, bundle, onFailure, ...options }));
  const first = await start();
  const queue = chosenFrom(await learn(first), part);
  if (queue.length === 0) throw new Error(`There is no case ${part.only} in ${engine}/${strategy}/${kind}.`);
  const of = queue.length;
  const counts: Record<string, number> = {};
  const failures: Failure[] = [];
  let tried = 0;
  const work = async (harness: Harness) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { subject, problems, ...ended } = await run(harness, next);
      canary.hide(...subject.firstPasswords, ...secretsOf(harness, subject.secrets));
      for (const [name, count] of Object.entries(ended.counts)) counts[name] = (counts[name] ?? 0) + count;
      if (problems.length > 0) failures.push({ id: [engine, strategy, kind, next.id].join("/"), problems });
      if (tried % LOOK_EVERY === 0) await canary.hearCommandLines();
      tried++;
      part.onProgress(tried, of);
    }
    canary.hear("the function's output", harness.stack.log.join("\n"));
  };
  const others = Array.from({ length: Math.min(HARNESSES, of) - 1 }, start);
  await Promise.all([work(first), ...others.map(async (harness) => work(await harness))]);
  return { engine, strategy, tried, counts, failures };
}
