import { type Failure, failureOf } from "./failure.ts";
import { endInterference } from "./interference.ts";
import type { Reproduction } from "./reproduction.ts";
import type { ReproductionSetup } from "./reproduction-setup.ts";

/** Breaks the setup. @returns what the function failed with; undefined if it did not. */
export async function fail(
  setup: ReproductionSetup,
  reproduction: Reproduction,
): Promise<Failure | undefined> {
  await reproduction.break?.(setup);
  const attempt = reproduction.attempt ?? rotation;
  const message = await attempt(setup);
  return message === undefined ? undefined : failureOf(setup.stack, message);
}

async function rotation({ stack, secretArn }: ReproductionSetup): Promise<string | undefined> {
  return (await stack.rotate(secretArn)).error;
}

/** Repairs the setup, and rotates. @returns the error of a rotation that still fails; undefined if it succeeds. */
export async function repairAndRotate(
  setup: ReproductionSetup,
  reproduction: Reproduction,
): Promise<string | undefined> {
  endInterference(setup);
  await reproduction.repair?.(setup);
  const { stack, secretArn, errors } = setup;
  const before = await current(setup);
  try {
    await stack.rotate(secretArn);
  } catch (error) {
    // While AWSPENDING is on a version of its own, the service refuses the call and tries that rotation again.
    if (!(error instanceof Error) || error.name !== "InvalidRequestException") throw error;
    await stack.secretsManager.settled(secretArn);
  }
  return (await current(setup)) === before ? (errors.at(-1) ?? "AWSCURRENT has not moved.") : undefined;
}

async function current({ stack, secretArn }: ReproductionSetup): Promise<string | undefined> {
  const labels = Object.entries(await stack.labels(secretArn));
  return labels.find(([, stages]) => stages.includes("AWSCURRENT"))?.[0];
}
