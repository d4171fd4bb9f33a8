import { expect, test } from "vitest";
import type { Invoke } from "../../local/secrets-manager/events.ts";
import { FUNCTION, localService } from "./local-service.ts";

/** Rules of the local rotation service that no case of the table shows. */

/** Stores "v1" and promotes it; fails in these steps. */
function honest(call: ReturnType<typeof localService>["call"], failing: string[] = []): Invoke {
  return async ({ Step, SecretId, ClientRequestToken, RotationToken }) => {
    if (failing.includes(Step)) throw new Error(`${Step} fails.`);
    const version = { SecretId, ClientRequestToken, RotationToken };
    if (Step === "createSecret") {
      call("PutSecretValue", { ...version, SecretString: "v1", VersionStages: ["AWSPENDING"] });
    }
    if (Step === "finishSecret") {
      const { VersionId } = call("GetSecretValue", { SecretId });
      if (VersionId === ClientRequestToken) return;
      const move = { RemoveFromVersionId: VersionId, MoveToVersionId: ClientRequestToken };
      call("UpdateSecretVersionStage", { SecretId, VersionStage: "AWSCURRENT", ...move });
    }
  };
}

function rotatable(options?: Parameters<typeof localService>[0]) {
  const local = localService(options);
  const { ARN } = local.call("CreateSecret", { Name: "app", SecretString: "v0" });
  local.setFunction(honest(local.call));
  const types = () => local.events.map(({ type }) => type).filter((type) => /otation/.test(type));
  return { ...local, arn: String(ARN), types };
}

test("retries a failed rotation with its own token if a request for another rotation is refused", async () => {
  const { call, rotate, setFunction, labels, events, service, arn } = rotatable();
  setFunction(honest(call, ["setSecret"]));
  const token = await rotate("app");
  setFunction(honest(call));
  expect(() => call("RotateSecret", { SecretId: "app" })).toThrow("previous rotation isn't complete");
  await service.settled(arn);
  expect(labels("app")).toMatchObject({ [token]: ["AWSCURRENT"] });
  expect(events.at(-2)).toMatchObject({ type: "rotationSucceeded", token });
});

test("does not retry a canceled rotation", async () => {
  const { call, rotate, setFunction, service, arn, types } = rotatable();
  setFunction(honest(call, ["setSecret"]));
  await rotate("app");
  call("CancelRotateSecret", { SecretId: "app" });
  const before = types().length;
  expect(() => call("RotateSecret", { SecretId: "app" })).toThrow("previous rotation isn't complete");
  await service.settled(arn);
  expect(types()).toHaveLength(before);
});

test("tries the whole rotation as often as configured", async () => {
  const { call, rotate, setFunction, events } = rotatable({ attempts: 5 });
  setFunction(honest(call, ["testSecret"]));
  await rotate("app");
  const failures = events.filter((event) => event.type === "rotationFailed");
  expect(failures.map(({ attempt, retrying }) => [attempt, retrying])).toEqual([
    [1, true],
    [2, true],
    [3, true],
    [4, true],
    [5, false],
  ]);
});

test("RotateSecret returns before the function is called", async () => {
  const { call, events, service, arn, types } = rotatable();
  call("RotateSecret", { SecretId: "app", RotationLambdaARN: FUNCTION });
  expect(types()).toEqual([]);
  await service.settled(arn);
  expect(events.at(-1)?.type).toBe("rotationSucceeded");
});

test("a repeated RotateSecret with the same token starts no second rotation", async () => {
  const { call, service, arn, types } = rotatable();
  const request = { SecretId: "app", RotationLambdaARN: FUNCTION, ClientRequestToken: "t".repeat(32) };
  const first = call("RotateSecret", request);
  expect(call("RotateSecret", request)).toEqual(first);
  await service.settled(arn);
  expect(call("RotateSecret", request)).toEqual(first);
  await service.settled(arn);
  expect(types().filter((type) => type === "rotationStarted")).toHaveLength(1);
});

test("removes AWSPENDING from the promoted version unless configured to keep it", async () => {
  for (const keepPendingAfterSuccess of [false, true]) {
    const { rotate, labels } = rotatable({ keepPendingAfterSuccess });
    const token = await rotate("app");
    const expected = ["AWSCURRENT", ...(keepPendingAfterSuccess ? ["AWSPENDING"] : [])];
    expect(Object(labels("app"))[token].sort()).toEqual(expected);
    await rotate("app", { RotateImmediately: false });
  }
});

test("rotates a secret without a value: its first value becomes AWSCURRENT", async () => {
  const { call, rotate, labels, setFunction } = localService();
  call("CreateSecret", { Name: "app" });
  setFunction(honest(call));
  const token = await rotate("app");
  expect(labels("app")).toEqual({ [token]: ["AWSCURRENT"] });
});

test("refuses the RotationToken of another rotation", async () => {
  const { call, rotate, setFunction } = rotatable();
  const refusals: string[] = [];
  const tokens = new Set<string>();
  const put = (SecretId: string, RotationToken: string) => {
    try {
      call("PutSecretValue", { SecretId, SecretString: "forged", RotationToken });
    } catch (error) {
      if (error instanceof Error) refusals.push(error.name);
    }
  };
  setFunction(async (event) => {
    tokens.add(event.RotationToken);
    if (event.Step === "createSecret") put(event.SecretId, "f".repeat(36));
    await honest(call)(event);
  });
  await rotate("app");
  expect(call("GetSecretValue", { SecretId: "app" }).SecretString).toBe("v1");
  expect(tokens.size).toBe(1);
  for (const late of tokens) put("app", late);
  expect(refusals).toEqual(["InvalidParameterException", "InvalidParameterException"]);
});

test("reports a failed test rotation, and removes its copy of the value", async () => {
  const { call, rotate, setFunction, labels, types } = rotatable();
  const before = labels("app");
  setFunction(honest(call, ["testSecret"]));
  const token = await rotate("app", { RotateImmediately: false });
  expect(types()).toContain("testRotationFailed");
  expect(labels("app")).toEqual(before);
  expect(() => call("GetSecretValue", { SecretId: "app", VersionId: token })).toThrow("VersionId");
});

test("ends the rotation if a value is stored while a failed step waits for its retry", async () => {
  const { call, rotate, setFunction, types } = rotatable({ retryDelayMilliseconds: 20 });
  setFunction(async (event) => {
    setTimeout(() => call("UpdateSecret", { SecretId: "app", SecretString: "manual" }), 5);
    await honest(call, ["setSecret"])(event);
  });
  await rotate("app");
  expect(types().filter((type) => type.startsWith("rotation"))).toEqual([
    "rotationStarted",
    "rotationFailed",
    "rotationAbandoned",
  ]);
});

test("starts a new rotation if AWSPENDING of the last one was removed by hand", async () => {
  const { call, rotate, setFunction, labels } = rotatable();
  let second = "";
  const steps: string[] = [];
  setFunction(async (event) => {
    if (event.ClientRequestToken !== second) steps.push(event.Step);
    if (event.Step === "setSecret" && second === "") {
      const { ClientRequestToken: RemoveFromVersionId, SecretId } = event;
      call("UpdateSecretVersionStage", { SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId });
      second = String(call("RotateSecret", { SecretId }).VersionId);
    }
    await honest(call)(event);
  });
  await rotate("app");
  expect(steps).toEqual(["createSecret", "setSecret"]);
  expect(labels("app")).toMatchObject({ [second]: ["AWSCURRENT"] });
});

test("counts a manually stored value as a rotation for the schedule", async () => {
  const { call, rotate, pass } = rotatable();
  await rotate("app", { RotationRules: { AutomaticallyAfterDays: 10 } });
  const next = () => call("DescribeSecret", { SecretId: "app" }).NextRotationDate;
  expect(next()).toBe(Date.UTC(2026, 0, 11) / 1000);
  pass(2 * 86_400_000);
  call("PutSecretValue", { SecretId: "app", SecretString: "manual" });
  expect(next()).toBe(Date.UTC(2026, 0, 13) / 1000);
});

test.each([
  ["rate(4 hours)", undefined, true],
  ["rate(3 hours)", undefined, false],
  ["rate(10 days)", "24h", true],
  ["rate(4 hours)", "5h", false],
  ["cron(0 16 1,15 * ? *)", "8h", true],
  ["cron(0 16 1,15 * ? *)", "9h", false],
  ["cron(0 /8 * * ? *)", "9h", false],
  ["cron(15 16 1 * ? *)", undefined, false],
  ["cron(0 16 1 * 1 *)", undefined, false],
  ["cron(0 16 1 * ? 2027)", undefined, false],
  ["every day", undefined, false],
])("a schedule of %s with a window of %s: %s", (ScheduleExpression, Duration, accepted) => {
  const { call } = rotatable();
  const rules = { ScheduleExpression, ...(Duration && { Duration }) };
  const rotate = () =>
    call("RotateSecret", { SecretId: "app", RotationLambdaARN: FUNCTION, RotationRules: rules });
  if (accepted) expect(rotate()).toHaveProperty("VersionId");
  else expect(rotate).toThrow(expect.objectContaining({ name: "InvalidParameterException" }));
});

test("refuses AutomaticallyAfterDays together with a schedule", () => {
  const { call } = rotatable();
  const RotationRules = { AutomaticallyAfterDays: 1, ScheduleExpression: "rate(1 day)" };
  const request = { SecretId: "app", RotationLambdaARN: FUNCTION, RotationRules };
  expect(() => call("RotateSecret", request)).toThrow(
    expect.objectContaining({ name: "InvalidParameterException" }),
  );
});

test("refuses to cancel if rotation was never configured", () => {
  const { call } = rotatable();
  expect(() => call("CancelRotateSecret", { SecretId: "app" })).toThrow(
    expect.objectContaining({ name: "InvalidRequestException" }),
  );
});
