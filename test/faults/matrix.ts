import fc from "fast-check";
import type { ContractServer } from "../contract/contract-server.ts";
import type { EngineName } from "../contract/servers.ts";
import type { Canary } from "../support/canary.ts";
import { runCase } from "./case.ts";
import { type Variant, variantsOf } from "./columns.ts";
import { type Scene, type StrategyName, startScene } from "./scene.ts";
import { strikesAt, strikesNamed } from "./strikes.ts";
import { type Case, createTally, type Result } from "./tally.ts";

/** The service tries a rotation so often: once, and three times again. */
const ATTEMPTS = 4;
/** Scenes for what takes work, and for what only waits for a timeout. */
const BUSY_SCENES = 4;
const PATIENT_SCENES = 10;

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
  readonly sample?: number;
  /** How many cases with a second fault in the second attempt, chosen by the seed. */
  readonly pairs: number;
  /** One case alone, "<variant>/<point>/<moment>/<fault>". */
  readonly only?: string;
  onProgress(done: number, of: number): void;
}

export async function runPart(part: Part): Promise<Result> {
  await using started = new AsyncDisposableStack();
  const start = async () => {
    const { engine, strategy, server, bundle, canary } = part;
    const onFailure = (error: unknown) => canary.hearThrown(error);
    const service = { attempts: ATTEMPTS };
    return started.use(await startScene({ engine, strategy, server, bundle, service, onFailure }));
  };
  const variants = variantsOf(part.strategy, part.server.database.letKeepOldPassword !== undefined);
  const tally = createTally(part);
  const learnt: Case[] = [];
  let points = 0;
  if (part.only === undefined) {
    const scene = await start();
    for (const variant of variants) {
      const clean = { variant, strikes: [] };
      const outcome = await runCase(scene, variant, []);
      tally.count(clean, outcome, scene);
      points += outcome.points.length;
      const { points: all, mayBeStale } = outcome;
      const strikes = all.flatMap((point) => strikesAt(point, mayBeStale.has(point.name)));
      learnt.push(...strikes.map((strike) => ({ variant, strikes: [strike] })));
    }
  }
  const cases = part.only === undefined ? chosen(learnt, part) : [caseNamed(part.only, variants)];

  let done = 0;
  /** Now and then: it takes longer than a rotation. */
  const look = async () => {
    if (done % 10 === 0) await part.canary.hearCommandLines();
  };
  const work = async (queue: Case[], scene: Scene) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const outcome = await runCase(scene, next.variant, next.strikes, look);
      tally.count(next, outcome, scene);
      done++;
      part.onProgress(done, cases.length);
    }
    part.canary.hear("the function's output", scene.stack.log.join("\n"));
  };
  const patient = cases.filter(isPatient);
  const busy = cases.filter((one) => !isPatient(one));
  const workers = async (queue: Case[], count: number) => {
    const scenes = Array.from({ length: Math.min(count, queue.length) }, start);
    await Promise.all(scenes.map(async (scene) => work(queue, await scene)));
  };
  await Promise.all([workers(busy, BUSY_SCENES), workers(patient, PATIENT_SCENES)]);
  return tally.result(points);
}

function isPatient({ strikes }: Case): boolean {
  return strikes.some(({ fault }) => fault === "timeout" || fault === "silent");
}

/** What the SDK or the function gets over by trying again brings no second attempt. */
function failsAttempt({ strikes }: Case): boolean {
  return strikes.every(
    ({ fault, point }) =>
      fault !== "stale" && fault !== "throttled" && (fault !== "cut" || point.includes(".login.")),
  );
}

function chosen(all: readonly Case[], { seed, sample, pairs }: Part): Case[] {
  const [singles = []] =
    sample === undefined || sample >= all.length
      ? [[...all]]
      : fc.sample(fc.shuffledSubarray([...all], { minLength: sample, maxLength: sample }), {
          seed,
          numRuns: 1,
        });
  const quick = all.filter((one) => !isPatient(one));
  const pair = fc
    .constantFrom(...quick.filter(failsAttempt))
    .chain((one) =>
      fc.tuple(fc.constant(one), fc.constantFrom(...quick.filter(({ variant }) => variant === one.variant))),
    );
  const twice = fc
    .sample(pair, { seed, numRuns: pairs })
    .map(([one, other]): Case => ({ variant: one.variant, strikes: [...one.strikes, ...other.strikes] }));
  return [...singles, ...twice];
}

function caseNamed(name: string, variants: readonly Variant[]): Case {
  const [variantName, ...rest] = name.split("/");
  const variant = variants.find((one) => one.name === variantName);
  if (!variant) {
    throw new Error(
      `There is no "${variantName}" here; there are ${variants.map((one) => one.name).join(", ")}.`,
    );
  }
  return { variant, strikes: strikesNamed(rest.join("/")) };
}
