import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AS_BUILT, ASSUMED, type Assumptions, SDK_ALONE } from "../../bench/fleet/assumptions.ts";
import { type FunctionModel, modelOf, type StepModel } from "../../bench/fleet/model.ts";
import { createQuotas, QUOTAS } from "../../bench/fleet/quotas.ts";
import { createRandom } from "../../bench/fleet/random.ts";
import { shortest, simulateFleet } from "../../bench/fleet/simulate.ts";
import { newSecret, OLD_VALUE, stateOf } from "../../bench/fleet/states.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { ATTEMPTS_MS, LAST_PAUSES, PAUSES } from "../../shared/aws/throttling.ts";

const step = (...rounds: string[][]): StepModel => ({
  rounds: rounds.map((operations) => ({ before: 5, operations })),
  after: 5,
});
const GUARD = ["DescribeSecret", "GetSecretValue"];
const FINISH = [GUARD, ["UpdateSecretVersionStage"]];
const MODEL: FunctionModel = {
  steps: {
    createSecret: step([...GUARD, "GetRandomPassword"], ["PutSecretValue"]),
    setSecret: step(GUARD),
    testSecret: step(GUARD),
    finishSecret: step(...FINISH),
  },
  createSecretAgain: step([...GUARD, "GetRandomPassword"], ["PutSecretValue"], ["GetSecretValue"]),
  coldStart: 500,
};

const rotate = (different: Partial<Assumptions> = {}, model = MODEL, quotas = QUOTAS) =>
  simulateFleet(model, { ...ASSUMED, secrets: 300, ...different }, createRandom(1n), quotas);

/** The bucket that is full at the beginning, and what flows into it. */
const allowed = (seconds: number) => 50 + 50 * seconds;

describe("a simulated fleet", () => {
  it("rotates completely within the write quota, at nearly the speed that the quota allows", async () => {
    const { seconds, rotated, waiting, lost, writes, throttledCalls } = await rotate();
    expect({ rotated, waiting, lost }).toEqual({ rotated: 300, waiting: 0, lost: 0 });
    expect(writes).toBeGreaterThanOrEqual(600);
    expect(writes).toBeLessThanOrEqual(allowed(seconds));
    expect(throttledCalls).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(2 * shortest(300));
  });

  it("rotates completely if functions time out, invocations are refused, or retries are slow", async () => {
    for (const different of [{ patience: SDK_ALONE }, { concurrency: 20 }, { retrySeconds: 60 }]) {
      const { rotated, lost, retriedRotations, seconds, writes } = await rotate(different);
      expect({ rotated, lost }).toEqual({ rotated: 300, lost: 0 });
      expect(writes).toBeLessThanOrEqual(allowed(seconds));
      if (!("retrySeconds" in different)) expect(retriedRotations).toBeGreaterThan(0);
    }
  });

  it("is rarely throttled if the rotations are spread over twice the time", async () => {
    for (const atRandom of [false, true]) {
      const { rotated, throttledCalls } = await rotate({ startSeconds: 2 * shortest(300), atRandom });
      expect({ rotated, throttledCalls }).toEqual({ rotated: 300, throttledCalls: 0 });
    }
  });
});

describe("the simulation reports", () => {
  it("an exceeded quota", async () => {
    const broken = QUOTAS.map((quota) => ({ ...quota, perSecond: 1000 }));
    const { seconds, writes } = await rotate({}, MODEL, broken);
    expect(writes).toBeGreaterThan(allowed(seconds));
  });

  it("a function without finishSecret, which locks out each user", async () => {
    const idle = { ...MODEL, steps: { ...MODEL.steps, finishSecret: step(GUARD) } };
    const { rotated, lockedOut, lost } = await rotate({ secrets: 20 }, idle);
    expect({ rotated, lockedOut, lost }).toEqual({ rotated: 0, lockedOut: 20, lost: 0 });
  });

  it("a function that sets a password that it has not stored", async () => {
    const careless = { ...MODEL, steps: { ...MODEL.steps, createSecret: step(GUARD) } };
    const { rotated, lost } = await rotate({ secrets: 20, attempts: 2 }, careless);
    expect({ rotated, lost }).toEqual({ rotated: 0, lost: 20 });
  });

  it("users that stay locked out, or are not rotated, if the service makes only one attempt", async () => {
    const { rotated, waiting, lockedOut, lost } = await rotate({ concurrency: 20, attempts: 1 });
    expect(waiting).toBeGreaterThan(100);
    expect(rotated + waiting + lockedOut).toBe(300);
    expect(lost).toBe(0);
  });

  it("the length of the unavailability window: a slower finishSecret shows to the millisecond", async () => {
    const slower = { ...MODEL, steps: { ...MODEL.steps, finishSecret: step(GUARD, ...FINISH) } };
    const alone = async (model: FunctionModel) =>
      (await rotate({ secrets: 1 }, model)).windows ?? { p50: 0, p99: 0, max: 0 };
    // A call of 10 ms, and 5 ms of work, 7 times slower.
    const more = (10 + 5 * 7) / 1000;
    const [fast, slow] = [await alone(MODEL), await alone(slower)];
    expect(slow.max - fast.max).toBeCloseTo(more, 5);
    expect(slow.p50).toBe(slow.max);
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

  it("depends on which passwords the database accepts", () => {
    expect(stateOf(service, secret, OLD_VALUE)).toBe("waiting");
    expect(stateOf(service, secret, secret.token)).toBe("lost");
    put(secret.token, ["AWSPENDING"]);
    expect(stateOf(service, secret, OLD_VALUE)).toBe("waiting");
    expect(stateOf(service, secret, secret.token)).toBe("lockedOut");
    expect(stateOf(service, secret, "nobody's")).toBe("lost");
    const move = { SecretId: secret.arn, VersionStage: "AWSCURRENT", MoveToVersionId: secret.token };
    service.call("UpdateSecretVersionStage", { ...move, RemoveFromVersionId: secret.first });
    expect(stateOf(service, secret, secret.token)).toBe("rotated");
    expect(stateOf(service, secret, OLD_VALUE)).toBe("lost");
    put("somebody else's", ["AWSCURRENT"], randomUUID());
    expect(stateOf(service, secret, secret.token)).toBe("lost");
  });
});

describe("quotas", () => {
  it("are token buckets with a capacity of one second, shared by all calls of one quota", () => {
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
  it("waits as long as the function does if a call is throttled", () => {
    expect(AS_BUILT).toMatchObject({ pauses: PAUSES, lastPauses: LAST_PAUSES, enough: ATTEMPTS_MS });
  });

  it("makes overlapping calls in one round, and pauses between rounds", () => {
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
