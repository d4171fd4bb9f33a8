import { randomUUID } from "node:crypto";
import type { ExecutionEnvironment } from "../../local/lambda/environment.ts";
import type { RotatedUser } from "../../local/rotated-user.ts";
import type { Step } from "../../local/secrets-manager/events.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";
import type { Stage } from "./stage.ts";

/** Milliseconds of one step. */
export interface StepTime {
  /** From the start of the process until it is ready; 0 if it has handled a step before. */
  readonly init: number;
  /** From the event to the response. */
  readonly handled: number;
}

export type StepTimes = Record<Step, StepTime>;

/** Rotates once, with each step in an environment of the caller's choice. @returns the time of each step */
async function timedRotation(
  stage: Stage,
  user: RotatedUser,
  environmentFor: (step: Step) => Promise<{ environment: ExecutionEnvironment; isNew: boolean }>,
): Promise<StepTimes> {
  const times: Partial<StepTimes> = {};
  await stage.rotate(user, async (event) => {
    const { environment, isNew } = await environmentFor(event.Step);
    const init = isNew ? await environment.init : 0;
    const began = performance.now();
    await environment.invoke(randomUUID(), event);
    times[event.Step] = { init, handled: performance.now() - began };
  });
  const { createSecret, setSecret, testSecret, finishSecret } = times;
  if (!createSecret || !setSecret || !testSecret || !finishSecret)
    throw new Error("A rotation has four steps.");
  return { createSecret, setSecret, testSecret, finishSecret };
}

/** Rotates with a new process, and so a cold start, for each step. */
export async function coldRotation(stage: Stage, subject: Subject, user: RotatedUser): Promise<StepTimes> {
  let last: ExecutionEnvironment | undefined;
  try {
    return await timedRotation(stage, user, async () => {
      await last?.kill();
      last = await startSubject(subject, stage);
      return { environment: last, isNew: true };
    });
  } finally {
    await last?.kill();
  }
}

/** Rotates in one process, which has just been started or has handled a rotation before. */
export async function rotationIn(
  { environment, isNew }: { environment: ExecutionEnvironment; isNew: boolean },
  stage: Stage,
  user: RotatedUser,
): Promise<StepTimes> {
  return await timedRotation(stage, user, async (step) => ({
    environment,
    isNew: isNew && step === "createSecret",
  }));
}

/** Milliseconds of a whole rotation, including starts of processes. */
export function totalOf(times: StepTimes): number {
  return Object.values(times).reduce((sum, { init, handled }) => sum + init + handled, 0);
}
