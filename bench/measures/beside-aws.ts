import type { RotationFunction } from "../functions.ts";
import { coldRotation, rotationIn, type StepTimes, totalOf } from "../stage/rotation.ts";
import type { Stage } from "../stage/stage.ts";
import { median } from "../statistics.ts";
import { type AwsTemplates, awsTemplate } from "../subjects/aws-template.ts";
import type { Subjects } from "../subjects/builds.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";

/** Medians in milliseconds of a whole rotation, starts of processes included. */
export interface RotationTimes {
  /** A process for each step. */
  readonly fourCold: number;
  /** A new process for all four steps: what a scheduled rotation is on Lambda. */
  readonly onceCold: number;
  /** A process that has rotated before. */
  readonly warm: number;
  /** Calls to Secrets Manager in one rotation, and how many of them failed. */
  readonly apiCalls: number;
  readonly failedApiCalls: number;
}

export interface BesideAws {
  readonly runs: number;
  readonly ours: RotationTimes;
  readonly aws: RotationTimes;
}

/** AWS's template does not rotate in this database. */
export class TemplateFailed extends Error {}

/** The same rotations by ours and by AWS's template, in turn, in the same database. */
export async function measureBesideAws(
  stage: Stage,
  subjects: Subjects,
  templates: AwsTemplates,
  rotation: RotationFunction,
  runs: number,
): Promise<BesideAws> {
  const ours = await prepare(stage, await subjects.ours(rotation), rotation);
  const aws = await prepare(stage, awsTemplate(templates, rotation), rotation);
  for (let run = 0; run <= runs; run++) {
    await ours.run();
    await aws.run().catch(({ message }: Error) => {
      throw new TemplateFailed(`AWS's template fails on ${stage.product}: ${message}`);
    });
  }
  return { runs, ours: ours.times(), aws: aws.times() };
}

async function prepare(stage: Stage, subject: Subject, { strategy }: RotationFunction) {
  // AWS's templates try every password twice where the secret does not say that TLS is to be used.
  const user = await stage.newUser(strategy, { ssl: true });
  const totals = { fourCold: [] as number[], onceCold: [] as number[], warm: [] as number[] };
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
        await timed("warm", () => rotationIn({ environment, isNew: false }, stage, user));
      } finally {
        await environment.kill();
      }
    },
    /** Without the first run, which reads the files from the disk and begins with a secret that was never rotated. */
    times: (): RotationTimes => ({
      fourCold: median(totals.fourCold.slice(1)),
      onceCold: median(totals.onceCold.slice(1)),
      warm: median(totals.warm.slice(1)),
      ...calls,
    }),
  };
}
