import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AS_BUILT, ASSUMED, type Assumptions, SDK_ALONE } from "../../bench/fleet/assumptions.ts";
import { type FunctionModel, modelOf, type StepModel } from "../../bench/fleet/model.ts";
import { createQuotas, QUOTAS } from "../../bench/fleet/quotas.ts";
import { createRandom } from "../../bench/fleet/random.ts";
import { newSecret, shortest, simulateFleet, stateOf } from "../../bench/fleet/simulate.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { LAST_PAUSES, PAUSES } from "../../shared/throttling.ts";

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

const rotate = (different: Partial<Assumptions> = {}, model = MODEL, quotas = QUOTAS) =>
  simulateFleet(model, { ...ASSUMED, secrets: 300, ...different }, createRandom(1n), quotas);

/** The bucket that is full at the beginning, and what flows into it. */
const allowed = (seconds: number) => 50 + 50 * seconds;

describe("a simulated fleet", () => {
  it("is rotated whole within the quota of writes, and nearly as fast as that allows", async () => {
    const { seconds, rotated, waiting, lost, writes, throttledCalls } = await rotate();
    expect({ rotated, waiting, lost }).toEqual({ rotated: 300, waiting: 0, lost: 0 });
    expect(writes).toBeGreaterThanOrEqual(600);
    expect(writes).toBeLessThanOrEqual(allowed(seconds));
    expect(throttledCalls).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(2 * shortest(300));
  });

  it("loses nothing either when functions give up, invocations are refused, or retries are slow", async () => {
    for (const different of [{ patience: SDK_ALONE }, { concurrency: 20 }, { retrySeconds: 60 }]) {
      const { rotated, lost, retriedRotations, seconds, writes } = await rotate(different);
      expect({ rotated, lost }).toEqual({ rotated: 300, lost: 0 });
      expect(writes).toBeLessThanOrEqual(allowed(seconds));
      if (!("retrySeconds" in different)) expect(retriedRotations).toBeGreaterThan(0);
    }
  });

  it("is throttled hardly ever when it has twice the time", async () => {
    const { rotated, throttledCalls } = await rotate({ startSeconds: 2 * shortest(300) });
    expect({ rotated, throttledCalls }).toEqual({ rotated: 300, throttledCalls: 0 });
  });
});

describe("what the simulation must show", () => {
  it("a quota that nobody keeps", async () => {
    const broken = QUOTAS.map((quota) => ({ ...quota, perSecond: 1000 }));
    const { seconds, writes } = await rotate({}, MODEL, broken);
    expect(writes).toBeGreaterThan(allowed(seconds));
  });

  it("a function that never finishes", async () => {
    const idle = { ...MODEL, steps: { ...MODEL.steps, finishSecret: step(GUARD) } };
    const { rotated, waiting, lost } = await rotate({ secrets: 20 }, idle);
    expect({ rotated, waiting, lost }).toEqual({ rotated: 0, waiting: 20, lost: 0 });
  });
});

describe("the state of a secret", () => {
  const service = createSecretsManager();
  const secret = newSecret(service, 1);
  const put = (SecretString: string, VersionStages: string[], token = secret.token) =>
    service.call("PutSecretValue", {
      SecretId: secret.arn,
      ClientRequestToken: token,
      SecretString,
      VersionStages,
    });

  it("is lost when its value is neither the old one nor the one of its rotation", () => {
    expect(stateOf(service, secret)).toBe("waiting");
    put(secret.token, ["AWSPENDING"]);
    expect(stateOf(service, secret)).toBe("waiting");
    put("somebody else's", ["AWSCURRENT"], randomUUID());
    expect(stateOf(service, secret)).toBe("lost");
  });
});

describe("quotas", () => {
  it("are buckets that hold one second's worth and that calls of one quota share", () => {
    let now = 0;
    const take = createQuotas(() => now, false);
    for (let call = 0; call < 50; call++) take(call % 2 ? "PutSecretValue" : "UpdateSecretVersionStage");
    expect(() => take("PutSecretValue")).toThrow("PutSecretValue");
    take("GetRandomPassword");
    now = 20;
    take("UpdateSecretVersionStage");
    expect(() => take("PutSecretValue")).toThrow("PutSecretValue");
  });
});

describe("the model of the function", () => {
  it("waits as the function does when it is throttled", () => {
    expect(AS_BUILT).toMatchObject({ pauses: PAUSES, lastPauses: LAST_PAUSES });
  });

  it("has calls that overlap in one round, and work in between before the next", () => {
    const calls = [
      { operation: "a", at: 10 },
      { operation: "b", at: 12 },
      { operation: "c", at: 100 },
    ];
    expect(modelOf({ began: 0, ended: 200 }, calls, 80)).toEqual({
      rounds: [
        { before: 10, operations: ["a", "b"] },
        { before: 8, operations: ["c"] },
      ],
      after: 20,
    });
  });
});
