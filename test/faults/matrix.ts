import type { EngineName, StrategyName } from "../../local/engines.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import type { Canary } from "../support/canary.ts";
import { runCase } from "./case.ts";
import { chosen, has, isPatient, isQuick } from "./choose-cases.ts";
import { type Variant, variantsOf } from "./columns.ts";
import { LONG_TIMEOUT_SECONDS, TIMEOUT_SECONDS } from "./freeze/fault.ts";
import { type Harness, startHarness } from "./harness.ts";
import { type Fault, injectionsAt, injectionsNamed } from "./injections.ts";
import { type Case, createCounter, type Result } from "./results.ts";

/** How often the service tries a rotation, the first time included. */
const ATTEMPTS = 4;
/** The server has ended all that it kept for a process that stays frozen before the first retry. */
const FREEZING_ATTEMPTS = 2;
/** Harnesses for what takes work, and for what only waits for a timeout. */
const BUSY_SCENES = 4;
const PATIENT_SCENES = 10;
const FREEZING_SCENES = 4;

/** What to run of one engine and strategy. */
export interface Part {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly server: ContractServer;
  readonly canary: Canary;
  /** The path of another bundle than the built one. */
  readonly bundle?: string;
  readonly seed: number;
  /** How many cases, chosen by the seed; all of them unless told. */
  readonly sample?: number | undefined;
  /** How many cases with a second fault in the second attempt, chosen by the seed. */
  readonly pairs: number;
  /** This fault alone, at all of its points. */
  readonly fault?: Fault | undefined;
  /** One case alone, by its name: "<variant>/<point>/<moment>/<fault>" in the matrix. */
  readonly only?: string | undefined;
  onProgress(done: number, of: number): void;
}

export async function runPart(part: Part): Promise<Result> {
  await using started = new AsyncDisposableStack();
  const start = async (timeoutSeconds?: number) => {
    const { engine, strategy, server, bundle, canary } = part;
    const onFailure = (error: unknown) => canary.hearThrown(error);
    const service = { attempts: timeoutSeconds === TIMEOUT_SECONDS ? FREEZING_ATTEMPTS : ATTEMPTS };
    const options = { engine, strategy, server, bundle, service, onFailure, timeoutSeconds };
    return started.use(await startHarness(options));
  };
  const variants = variantsOf(part.strategy, part.server.database.letKeepOldPassword !== undefined);
  const counter = createCounter(part);
  const learnt: Case[] = [];
  let points = 0;
  if (part.only === undefined) {
    const harness = await start();
    for (const variant of variants) {
      const clean = { variant, injections: [] };
      const outcome = await runCase(harness, variant, []);
      counter.count(clean, outcome, harness);
      points += outcome.points.length;
      const { points: all, mayBeStale } = outcome;
      const { alwaysCurrent } = outcome.subject;
      const userExists = part.strategy === "single-user" || variant.rotations !== 0;
      const injections = all.flatMap((point) =>
        injectionsAt(point, { mayBeStale: mayBeStale.has(point.name), alwaysCurrent, userExists }),
      );
      learnt.push(...injections.map((injection) => ({ variant, injections: [injection] })));
    }
  }
  const cases = part.only === undefined ? chosen(learnt, part) : [caseNamed(part.only, variants)];

  let done = 0;
  /** Now and then: it takes longer than a rotation. */
  const look = async () => {
    if (done % 10 === 0) await part.canary.hearCommandLines();
  };
  const work = async (queue: Case[], harness: Harness) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const outcome = await runCase(harness, next.variant, next.injections, look);
      counter.count(next, outcome, harness);
      done++;
      part.onProgress(done, cases.length);
    }
    part.canary.hear("the function's output", harness.stack.log.join("\n"));
  };
  const workers = async (queue: Case[], count: number, timeoutSeconds?: number) => {
    const harnesses = Array.from({ length: Math.min(count, queue.length) }, () => start(timeoutSeconds));
    await Promise.all(harnesses.map(async (harness) => work(queue, await harness)));
  };
  const ofFault = (...faults: Fault[]) =>
    cases.filter((one) => has(one, ({ fault }) => faults.includes(fault)));
  const busy = async () => {
    await workers(cases.filter(isQuick), BUSY_SCENES);
    // A step with little time is not to wait for the processor.
    await Promise.all([
      workers(ofFault("freeze"), FREEZING_SCENES, TIMEOUT_SECONDS),
      workers(ofFault("wake", "abandon"), FREEZING_SCENES, LONG_TIMEOUT_SECONDS),
    ]);
    // MySQL and MariaDB have one lock for all users.
    await workers(ofFault("blocked"), 1, TIMEOUT_SECONDS);
  };
  await Promise.all([busy(), workers(cases.filter(isPatient), PATIENT_SCENES)]);
  return counter.result(points);
}

function caseNamed(name: string, variants: readonly Variant[]): Case {
  const [variantName, ...rest] = name.split("/");
  const variant = variants.find((one) => one.name === variantName);
  if (!variant) {
    throw new Error(
      `There is no "${variantName}" here; there are ${variants.map((one) => one.name).join(", ")}.`,
    );
  }
  return { variant, injections: injectionsNamed(rest.join("/")) };
}
