import { randomUUID } from "node:crypto";
import type { ExecutionEnvironment } from "../../local/lambda/environment.ts";
import { STEPS, type Step } from "../../local/secrets-manager/events.ts";
import type { RotationFunction } from "../functions.ts";
import { type Stage, startStage } from "../stage/stage.ts";
import { subjectsFor } from "../subjects/builds.ts";
import { startSubject } from "../subjects/subject.ts";
import { type FunctionModel, modelOf, type StepModel } from "./model.ts";

/** Milliseconds of Secrets Manager for each answer: concurrent calls all arrive before the first answer. */
const THINKING_TIME = 80;

/** A step, or createSecret in a second attempt. */
type Part = Step | "createSecretAgain";

/** Records the rotations of a built function on a real database. */
export async function recordFunction(rotation: RotationFunction): Promise<FunctionModel> {
  await using stage = await startStage(rotation.engine);
  await using subjects = await subjectsFor();
  const subject = await subjects.ours(rotation);
  const one = await startSubject(subject, stage);
  const other = await startSubject(subject, stage);
  try {
    const record = (finishedBy: ExecutionEnvironment) => recordRotation(stage, rotation, one, finishedBy);
    const init = await one.init;
    const cold = await record(one);
    await recordRotation(stage, rotation, other, other);
    // With hundreds of processes, finishSecret rarely runs in the process of testSecret.
    const { createSecretAgain, ...steps } = await record(other);
    return {
      steps,
      createSecretAgain,
      coldStart: init + Math.max(0, ownTime(cold.createSecret) - ownTime(steps.createSecret)),
    };
  } finally {
    await one.kill();
    await other.kill();
  }
}

async function recordRotation(
  stage: Stage,
  { strategy }: RotationFunction,
  environment: ExecutionEnvironment,
  finishedBy: ExecutionEnvironment,
): Promise<Record<Part, StepModel>> {
  const parts = new Map<Part, StepModel>();
  const user = await stage.newUser(strategy);
  stage.setThinkingTime(THINKING_TIME);
  await stage.rotate(user, async (event) => {
    const run = async (part: Part) => {
      const already = stage.calls.length;
      const began = performance.now();
      await (part === "finishSecret" ? finishedBy : environment).invoke(randomUUID(), event);
      const ended = performance.now();
      parts.set(part, modelOf({ began, ended }, stage.calls.slice(already), THINKING_TIME));
    };
    await run(event.Step);
    if (event.Step === "createSecret") await run("createSecretAgain");
  });
  stage.setThinkingTime(0);
  const part = (name: Part): StepModel => {
    const found = parts.get(name);
    if (found === undefined) throw new Error(`The step ${name} was not recorded.`);
    return found;
  };
  const [createSecret, setSecret, testSecret, finishSecret] = STEPS.map(part);
  if (!createSecret || !setSecret || !testSecret || !finishSecret)
    throw new Error("A rotation has four steps.");
  return { createSecret, setSecret, testSecret, finishSecret, createSecretAgain: part("createSecretAgain") };
}

function ownTime({ rounds, after }: StepModel): number {
  return rounds.reduce((sum, { before }) => sum + before, after);
}
