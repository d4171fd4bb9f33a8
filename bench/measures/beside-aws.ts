import { randomUUID } from "node:crypto";
import type { EngineName } from "../../local/engines.ts";
import { STEPS } from "../../local/secrets-manager/events.ts";
import type { RotationFunction } from "../functions.ts";
import type { CpuShare } from "../stage/cpu-share.ts";
import { coldRotation, rotationIn, type StepTimes, totalOf } from "../stage/rotation.ts";
import { withSmallShare } from "../stage/small-function.ts";
import { RotationFailed, type Stage } from "../stage/stage.ts";
import { median } from "../statistics.ts";
import { type AwsTemplates, awsTemplate } from "../subjects/aws-template.ts";
import type { Subjects } from "../subjects/builds.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";

/** Milliseconds that one of the measurements adds to each round trip. */
const PEER_LATENCY = 5;

/** Rotations of a process that count as warm. */
export const WARM_ROTATIONS = 4;

/** Versions to measure on besides the engine's own server. AWS's templates for MySQL fail on MySQL 9. */
export const OTHER_VERSIONS: Partial<Record<EngineName, readonly string[]>> = { mysql: ["8.0.31"] };

/** Medians in milliseconds of a whole rotation, including starts of processes. */
export interface RotationTimes {
  /** A new process for each step. */
  readonly fourCold: number;
  /** A new process for all four steps, as Lambda runs a scheduled rotation. */
  readonly onceCold: number;
  /** The third and later rotations of a process: the steady state. */
  readonly warm: number;
  /** onceCold with the processor share of a 256 MB function after init, and 5 ms more for each round trip. */
  readonly onceColdSmall: number;
  /** Calls to Secrets Manager in one rotation, and the number of failed ones. */
  readonly apiCalls: number;
  readonly failedApiCalls: number;
}

export interface BesideAws {
  readonly runs: number;
  readonly ours: RotationTimes;
  readonly aws: RotationTimes;
  /** onceCold of an empty handler: the least time under this runtime. */
  readonly empty: number;
}

/** AWS's template fails in this database. */
export class TemplateFailed extends Error {}

/** Measures the same rotations by the function and AWS's template, in turn, in the same database. */
export async function measureBesideAws(
  stage: Stage,
  subjects: Subjects,
  templates: AwsTemplates,
  rotation: RotationFunction,
  cpu: CpuShare,
  runs: number,
): Promise<BesideAws> {
  const template = awsTemplate(templates, rotation);
  if (template === undefined) {
    throw new TemplateFailed(`AWS has no template for ${rotation.name}`);
  }
  const ours = await prepare(stage, await subjects.ours(rotation), rotation, cpu);
  const aws = await prepare(stage, template, rotation, cpu);
  const empty = await subjects.empty();
  const nothings: number[] = [];
  for (let run = 0; run <= runs; run++) {
    nothings.push(await onceColdEmpty(stage, empty));
    await ours.run();
    await aws.run().catch((error: unknown) => {
      throw templateFailed(error);
    });
  }
  return {
    runs,
    ours: ours.times(),
    aws: aws.times(),
    empty: median(nothings.slice(1)),
  };
}

/** Milliseconds of one start and four invocations of a function that does nothing. */
async function onceColdEmpty(stage: Stage, subject: Subject): Promise<number> {
  const environment = await startSubject(subject, stage);
  try {
    const init = await environment.init;
    const began = performance.now();
    for (const Step of STEPS) await environment.invoke(randomUUID(), { Step });
    return init + performance.now() - began;
  } finally {
    await environment.kill();
  }
}

/** Keeps only the driver's error number: the message of AWS's template quotes statements with passwords. */
function templateFailed(error: unknown): unknown {
  if (!(error instanceof RotationFailed)) return error;
  const number = /^\((\d+),/.exec(error.words)?.[1];
  return new TemplateFailed(`AWS's template fails: ${error.step}, error ${number ?? "without a number"}`);
}

async function prepare(stage: Stage, subject: Subject, { strategy }: RotationFunction, cpu: CpuShare) {
  // AWS's templates try each password twice if the secret has no `ssl`.
  const user = await stage.newUser(strategy, { ssl: true });
  await stage.promoteMaster(user);
  const totals: Record<"fourCold" | "onceCold" | "warm" | "onceColdSmall", number[]> = {
    fourCold: [],
    onceCold: [],
    warm: [],
    onceColdSmall: [],
  };
  let calls = { apiCalls: 0, failedApiCalls: 0 };

  async function timed(kind: keyof typeof totals, rotation: () => Promise<StepTimes>): Promise<void> {
    const before = stage.calls.length;
    totals[kind].push(totalOf(await rotation()));
    const made = stage.calls.slice(before);
    calls = { apiCalls: made.length, failedApiCalls: made.filter(({ failed }) => failed).length };
  }

  return {
    run: async () => {
      await timed("fourCold", () => coldRotation(stage, subject, user));
      const environment = await startSubject(subject, stage);
      try {
        await timed("onceCold", () => rotationIn({ environment, isNew: true }, stage, user));
        const again = () => rotationIn({ environment, isNew: false }, stage, user);
        // The second rotation does not count: V8 compiles what runs often, and has compiled almost nothing by then.
        await again();
        for (let count = 0; count < WARM_ROTATIONS; count++) await timed("warm", again);
      } finally {
        await environment.kill();
      }
      stage.setLatency(PEER_LATENCY);
      await withSmallShare(stage, subject, cpu, (small) =>
        timed("onceColdSmall", () => rotationIn({ environment: small, isNew: true }, stage, user)),
      );
      stage.setLatency(0);
    },
    /** Without the first run, which reads the files from the disk and rotates a new secret. */
    times: (): RotationTimes => ({
      fourCold: median(totals.fourCold.slice(1)),
      onceCold: median(totals.onceCold.slice(1)),
      warm: median(totals.warm.slice(WARM_ROTATIONS)),
      onceColdSmall: median(totals.onceColdSmall.slice(1)),
      ...calls,
    }),
  };
}
