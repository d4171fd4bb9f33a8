import { afterAll, expect, test } from "vitest";
import { STEPS } from "../../local/secrets-manager/events.ts";
import { checkInvariants } from "../support/world/invariants.ts";
import type { Accident } from "../support/world/operations.ts";
import { startRun } from "../support/world/run.ts";
import { startWorld } from "../support/world/world.ts";

const world = await startWorld();

afterAll(() => world[Symbol.asyncDispose]());

/**
 * Rotates up to a step and lets the process die in it, at the n-th moment of its kind.
 *
 * @returns false when the step has no such moment: it was done before.
 */
async function dieIn(step: (typeof STEPS)[number], accident: Accident): Promise<boolean> {
  const run = await startRun(world);
  const before = STEPS.indexOf(step) + 1;
  for (let operation = 0; operation < before; operation++) {
    await run.perform({ kind: "advance", accident: undefined });
  }
  const observations = await run.perform({ kind: "advance", accident });
  checkInvariants(observations, observations);
  await run.recover();
  return observations[0]?.invocation?.accident !== undefined;
}

async function dieEverywhere(step: (typeof STEPS)[number], at: Accident["at"]): Promise<number> {
  let nth = 1;
  while (await dieIn(step, { at, nth })) nth++;
  return nth - 1;
}

test.for([
  ["createSecret", 4],
  ["setSecret", 3],
  ["testSecret", 2],
  ["finishSecret", 2],
] as const)(
  "%s dies before each of its calls to Secrets Manager, and before the last answer",
  {
    timeout: 60_000,
  },
  async ([step, atLeast]) => {
    const calls = await dieEverywhere(step, "call");
    const diedBeforeAnswer = await dieIn(step, { at: "answer", nth: calls });

    expect(calls).toBeGreaterThanOrEqual(atLeast);
    // The last call is the one that writes, if any does.
    expect(diedBeforeAnswer).toBe(true);
  },
);

test("setSecret dies at each piece of data to and from the database", { timeout: 90_000 }, async () => {
  // More than logging in takes: the change is among them.
  expect(await dieEverywhere("setSecret", "packet")).toBeGreaterThan(12);
});
