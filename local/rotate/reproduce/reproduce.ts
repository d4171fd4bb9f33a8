import { type Failure, failureOf } from "./failure.ts";
import { endInterference } from "./interference.ts";
import type { Reproduction } from "./reproduction.ts";
import type { Scene } from "./scene.ts";

/** Breaks the set-up. @returns what the function failed with; undefined if it did not. */
export async function fail(scene: Scene, reproduction: Reproduction): Promise<Failure | undefined> {
  await reproduction.break?.(scene);
  const attempt = reproduction.attempt ?? rotation;
  const message = await attempt(scene);
  return message === undefined ? undefined : failureOf(scene.stack, message);
}

async function rotation({ stack, secretArn }: Scene): Promise<string | undefined> {
  return (await stack.rotate(secretArn)).error;
}

/** Mends the set-up, and rotates. @returns what the function fails with still; undefined if the rotation succeeds. */
export async function heal(scene: Scene, reproduction: Reproduction): Promise<string | undefined> {
  endInterference(scene);
  await reproduction.mend?.(scene);
  const { stack, secretArn, errors } = scene;
  const before = await current(scene);
  try {
    await stack.rotate(secretArn);
  } catch (error) {
    // While AWSPENDING is on a version of its own, the service refuses the call and tries that rotation again.
    if (!(error instanceof Error) || error.name !== "InvalidRequestException") throw error;
    await stack.secretsManager.settled(secretArn);
  }
  return (await current(scene)) === before ? (errors.at(-1) ?? "AWSCURRENT has not moved.") : undefined;
}

async function current({ stack, secretArn }: Scene): Promise<string | undefined> {
  const labels = Object.entries(await stack.labels(secretArn));
  return labels.find(([, stages]) => stages.includes("AWSCURRENT"))?.[0];
}
