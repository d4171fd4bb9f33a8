import { describe, expect, it } from "vitest";
import { ASSUMED } from "../../bench/fleet/assumptions.ts";
import type { FunctionModel, StepModel } from "../../bench/fleet/model.ts";
import { QUOTAS, WRITES, WRITES_PER_SECOND } from "../../bench/fleet/quotas.ts";
import { createRandom } from "../../bench/fleet/random.ts";
import { simulateFleet } from "../../bench/fleet/simulate.ts";
import { WRITES_PER_SECOND as PLANNED, windowFor } from "../../rescue/fleet/window.ts";

const step = (...rounds: string[][]): StepModel => ({
  rounds: rounds.map((operations) => ({ before: 5, operations })),
  after: 5,
});
const GUARD = ["DescribeSecret", "GetSecretValue"];
const MODEL: FunctionModel = {
  steps: {
    createSecret: step([...GUARD, "GetRandomPassword"], ["PutSecretValue"]),
    setSecret: step(GUARD),
    testSecret: step(GUARD),
    finishSecret: step(GUARD, ["UpdateSecretVersionStage"]),
  },
  createSecretAgain: step([...GUARD, "GetRandomPassword"], ["PutSecretValue"], ["GetSecretValue"]),
  coldStart: 500,
};

const fleetIn = (startSeconds: number, secrets: number, perSecond: number) => {
  const quotas = QUOTAS.map((quota) => (quota.operations === WRITES ? { ...quota, perSecond } : quota));
  const assumptions = { ...ASSUMED, secrets, startSeconds, atRandom: true };
  return simulateFleet(MODEL, assumptions, createRandom(1n), quotas);
};

/** What `rescue plan` says, held to the simulation. */
describe("the planned window", () => {
  it.each([
    [300, 50],
    [1000, 50],
    [3000, 50],
    [300, 10],
  ])(
    "of %d secrets at %d writes a second rotates all of them without a throttled call",
    async (secrets, perSecond) => {
      const { seconds } = windowFor(secrets, perSecond);
      const { rotated, throttledCalls, windows } = await fleetIn(seconds, secrets, perSecond);
      expect({ rotated, throttledCalls }).toEqual({ rotated: secrets, throttledCalls: 0 });
      expect(windows?.max).toBeLessThan(1);
    },
  );

  it("is no longer than it must be: in half of it calls are throttled, and in no less do they all rotate", async () => {
    const { leastSeconds } = windowFor(1000);
    const { throttledCalls, seconds } = await fleetIn(leastSeconds, 1000, 50);
    expect(throttledCalls).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(leastSeconds * 0.97);
  });

  it("knows the simulation's quota, and whole hours", () => {
    expect(PLANNED).toBe(WRITES_PER_SECOND);
    expect(windowFor(10_000)).toEqual({ leastSeconds: 400, seconds: 800, hours: 1, windows: 1 });
    expect(windowFor(90_000)).toMatchObject({ hours: 2, windows: 1 });
  });
});
