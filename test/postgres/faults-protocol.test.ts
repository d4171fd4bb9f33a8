import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, describe, expect, test } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { failedRotation, refusal } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { holder, putValue, reattempt } from "../support/operator.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";
import { currentPassword, newUser, whatApplicationsUse } from "../support/users.ts";

const database = await startDatabase({ plainConnections: true });
const { stack, stage, invoke } = await startStepwiseStack(database);
const fixture = { database, stack };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe("V1", () => {
  test.for(["nonsense", "", "create_secret", "toString", undefined])(
    "V1 the step %j is refused, also when the token is AWSCURRENT",
    async (Step) => {
      const user = await newUser(fixture);
      await stack.rotate(user.arn);
      const ClientRequestToken = await holder(stack, user.arn, "AWSCURRENT");
      using calls = observeCalls(stack);

      const { reason, message } = await refusal(stack, { Step, SecretId: user.arn, ClientRequestToken });

      expect(reason).toBe("malformed-event");
      expect(message).toContain("Step must be one of createSecret, setSecret, testSecret, finishSecret");
      expect(calls.all).toEqual([]);
    },
  );

  test("V1 the four steps succeed and do nothing when the token is AWSCURRENT", async () => {
    const user = await newUser(fixture);
    await stack.rotate(user.arn);
    const token = (await holder(stack, user.arn, "AWSCURRENT")) ?? "";
    const before = await whatApplicationsUse(fixture, user);
    const logins = await database.logins(user.username);
    using calls = observeCalls(stack);

    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      await invoke(step, user.arn, token);
    }

    expect(calls.writes()).toEqual([]);
    expect(await database.logins(user.username)).toEqual(logins);
    expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  });
});

const SSL_KEYS = [
  ["no ssl key", {}],
  ["ssl: true", { ssl: true }],
  ["ssl: false", { ssl: false }],
] as const;

test.for(SSL_KEYS)("V2 with %s no login of a rotation is rejected", async ([, secret]) => {
  const user = await newUser(fixture, { secret });

  await stack.rotate(user.arn);

  expect(await database.logins(user.username)).toEqual({ accepted: 2, rejected: 0 });
});

// PostgreSQL has no FAILED_LOGIN_ATTEMPTS, but extensions and log watchers that count rejected logins lock accounts just
// the same, and they may count over many rotations.
test.for(SSL_KEYS)(
  "V36 with %s no account is locked: four rotations, no rejected login",
  async ([, secret]) => {
    const user = await newUser(fixture, { secret });

    for (let rotation = 1; rotation <= 4; rotation++) await stack.rotate(user.arn);

    expect(await database.logins(user.username)).toEqual({ accepted: 8, rejected: 0 });
  },
);

describe("V22", () => {
  test.for(["not JSON", "[]", "{}", '{"engine":"oracle"}'])(
    "V22 AWSPREVIOUS is %s: a rotation that does not need it goes through",
    async (previous) => {
      const user = await newUser(fixture);
      const value = await stack.value(user.arn);
      await putValue(stack, user.arn, previous);
      await putValue(stack, user.arn, value);

      const outcome = await stack.rotate(user.arn);

      expect(outcome.succeeded).toBe(true);
    },
  );

  test("V22 a rotation that would need it says which passwords were refused, and what to do", async () => {
    const user = await newUser(fixture);
    const value = await stack.value(user.arn);
    await putValue(stack, user.arn, "not JSON");
    await putValue(stack, user.arn, { ...value, password: "wrong" });

    const failure = await failedRotation(stack, user.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
    expect(failure.message).toContain("an administrator of the database has to set the user's password");
    expect(stack.log.some((line) => line.includes("AWSPREVIOUS is left aside"))).toBe(true);
    await database.server.query(`ALTER ROLE ${user.username} PASSWORD 'wrong'`);
    expect(await reattempt(stack, user.arn)).toBe(true);
  });
});

test("V37 of eight createSecret at the same time none fails, and one value stays", async () => {
  const user = await newUser(fixture);
  const token = await stage(user.arn);
  using calls = observeCalls(stack);

  await Promise.all(Array.from({ length: 8 }, () => invoke("createSecret", user.arn, token)));

  const puts = calls.writes().length;
  expect(puts).toBe(8);
  expect(calls.failed).toEqual(Array(7).fill("PutSecretValue: ResourceExistsException"));
  const { password } = await stack.value(user.arn, { VersionId: token });
  for (const step of ["setSecret", "testSecret", "finishSecret"] as const)
    await invoke(step, user.arn, token);
  expect(await currentPassword(fixture, user)).toBe(password);
});

test("V42 a secret that never had a value: the error says to store one, and then it rotates", async () => {
  const { ARN = "" } = await stack.operator.send(new CreateSecretCommand({ Name: "without-value" }));
  using calls = observeCalls(stack);

  const failure = await failedRotation(stack, ARN);

  expect(failure).toMatchObject({ step: "createSecret", reason: "no-current-version" });
  expect(failure.message).toContain("PutSecretValue");
  expect(calls.writes()).toEqual([]);
  const user = await newUser(fixture);
  await putValue(stack, ARN, await stack.value(user.arn));
  expect((await stack.rotate(ARN)).succeeded).toBe(true);
});

test("V42 finishSecret of a secret without AWSCURRENT: the same error, and no parameter error", async () => {
  const { ARN = "" } = await stack.operator.send(new CreateSecretCommand({ Name: "never-current" }));
  const token = await stage(ARN);

  const failure = await refusal(stack, { Step: "finishSecret", SecretId: ARN, ClientRequestToken: token });

  expect(failure.reason).toBe("no-current-version");
  expect(failure.message).toContain("PutSecretValue");
});
