import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  PutSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, describe, expect, test } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { type Failure, failedRotation, refusal } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { holder, putValue, removePending } from "../support/operator.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";
import { newUser, type User, whatApplicationsUse } from "../support/users.ts";

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

const database = await startDatabase();
const { stack, stage, invoke } = await startStepwiseStack(database);
const fixture = { database, stack };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Invokes the function: nothing may be written, nobody may try to log in, and nothing may be different afterward. */
async function refusedWithoutTrace(user: User, event: object): Promise<Failure> {
  const before = [await whatApplicationsUse(fixture, user), await stack.labels(user.arn)];
  const logins = await database.logins(user.username);
  using calls = observeCalls(stack);

  const failure = await refusal(stack, event);

  expect(calls.writes()).toEqual([]);
  expect(await database.logins(user.username)).toEqual(logins);
  expect([await whatApplicationsUse(fixture, user), await stack.labels(user.arn)]).toEqual(before);
  return failure;
}

describe("an event", () => {
  test.for([
    ["without a step", { Step: undefined }, "Step must be one of"],
    ["with an unknown step", { Step: "deleteSecret" }, "Step must be one of"],
    [
      "with a step in snake_case, as AWS's page writes it",
      { Step: "create_secret" },
      "the service sends camelCase",
    ],
    ["with a step that is no string", { Step: 1 }, "Step must be one of"],
    ["without a secret", { SecretId: undefined }, "SecretId must be the ARN"],
    ["with an empty secret", { SecretId: "" }, "SecretId must be the ARN"],
    ["with a secret that is no string", { SecretId: ["arn"] }, "SecretId must be the ARN"],
    ["without a token", { ClientRequestToken: undefined }, "ClientRequestToken must be the id of a version"],
    ["with a token that is too short", { ClientRequestToken: "short" }, "ClientRequestToken must be the id"],
    ["with a token that is no string", { ClientRequestToken: 7 }, "ClientRequestToken must be the id"],
    ["with a RotationToken that is no string", { RotationToken: {} }, "RotationToken must be"],
  ] as const)("%s is refused", async ([, spoilt, problem]) => {
    const user = await newUser(fixture);
    const ClientRequestToken = await stage(user.arn);
    using calls = observeCalls(stack);

    const failure = await refusedWithoutTrace(user, {
      Step: "createSecret",
      SecretId: user.arn,
      ClientRequestToken,
      ...spoilt,
    });

    expect(failure.reason).toBe("malformed-event");
    expect(failure.message).toContain(problem);
    expect(calls.all).toEqual([]);
  });

  test("that is a list, as a test event from the console may be, is refused", async () => {
    const user = await newUser(fixture);

    const failure = await refusedWithoutTrace(user, ["createSecret"]);

    expect(failure.reason).toBe("malformed-event");
    expect(failure.message).toContain("Let Secrets Manager invoke this function");
  });
});

describe("a token", () => {
  test.for(STEPS)("that no version has is refused by %s", async (Step) => {
    const user = await newUser(fixture);
    await stack.rotate(user.arn);

    const ClientRequestToken = randomUUID();
    const failure = await refusedWithoutTrace(user, { Step, SecretId: user.arn, ClientRequestToken });

    expect(failure.reason).toBe("unknown-token");
    expect(failure.message).toContain(ClientRequestToken);
    expect(failure.message).toContain("Start a new rotation.");
  });

  test.for(STEPS)("of a version that is not pending any more is refused by %s", async (Step) => {
    const user = await newUser(fixture);
    await stack.rotate(user.arn);

    const ClientRequestToken = await holder(stack, user.arn, "AWSPREVIOUS");
    const failure = await refusedWithoutTrace(user, { Step, SecretId: user.arn, ClientRequestToken });

    expect(failure.reason).toBe("not-pending");
    expect(failure.message).toContain("Start a new rotation.");
  });

  test("of the version that is current has nothing left to do", async () => {
    const user = await newUser(fixture);
    await stack.rotate(user.arn);
    const token = (await holder(stack, user.arn, "AWSCURRENT")) ?? "";
    const before = await whatApplicationsUse(fixture, user);
    using calls = observeCalls(stack);

    for (const step of STEPS) await invoke(step, user.arn, token);

    expect(calls.writes()).toEqual([]);
    expect(await database.logins(user.username)).toEqual({ accepted: 2, rejected: 0 });
    expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  });

  test("whose AWSPENDING was removed by hand is refused", async () => {
    const user = await newUser(fixture);
    const ClientRequestToken = await stage(user.arn);
    await invoke("createSecret", user.arn, ClientRequestToken);
    await removePending(stack, user.arn);

    const failure = await refusedWithoutTrace(user, {
      Step: "setSecret",
      SecretId: user.arn,
      ClientRequestToken,
    });

    expect(failure.reason).toBe("unknown-token");
  });
});

describe("a secret", () => {
  test("whose rotation was canceled is refused by every step", async () => {
    const user = await newUser(fixture);
    const ClientRequestToken = await stage(user.arn);
    await stack.operator.send(new CancelRotateSecretCommand({ SecretId: user.arn }));

    for (const Step of STEPS) {
      const failure = await refusedWithoutTrace(user, { Step, SecretId: user.arn, ClientRequestToken });

      expect(failure.reason).toBe("rotation-disabled");
      expect(failure.message).toContain("RotateSecret");
    }
  });

  test("that does not exist is refused", async () => {
    const user = await newUser(fixture);

    const failure = await refusedWithoutTrace(user, {
      Step: "createSecret",
      SecretId: `${user.arn.slice(0, -6)}Absent`,
      ClientRequestToken: randomUUID(),
    });

    expect(failure.reason).toBe("unknown-secret");
  });

  test("that has no value is refused, with the remedy", async () => {
    const { ARN = "" } = await stack.operator.send(new CreateSecretCommand({ Name: "no-value" }));
    using calls = observeCalls(stack);

    const failure = await failedRotation(stack, ARN);

    expect(failure).toMatchObject({ step: "createSecret", reason: "no-current-version" });
    expect(failure.message).toContain("Store the user's present login in it with PutSecretValue");
    expect(calls.writes()).toEqual([]);
  });

  test.for([
    ["is not JSON", "user=app password=x", "is not a JSON object"],
    ["is an array", "[1]", "is not a JSON object"],
    ["is a string", '"text"', "is not a JSON object"],
    ["is null", "null", "is not a JSON object"],
    ["has no engine", { engine: undefined }, 'the key "engine" is missing; it must be a string'],
    ["has no host", { host: undefined }, 'the key "host" is missing'],
    ["has no username", { username: undefined }, 'the key "username" is missing'],
    ["has no password", { password: undefined }, 'the key "password" is missing'],
    ["has an empty password", { password: "" }, 'the key "password" must be a non-empty string'],
    ["has a number as password", { password: 123 }, 'the key "password" must be a non-empty string'],
    ["has a list as username", { username: ["app"] }, 'the key "username" must be a non-empty string'],
    ["has a folder as host", { host: "/var/run/postgresql" }, 'the key "host" must be a host name'],
    ["has a port that is no number", { port: "many" }, 'the key "port" must be a whole number'],
    ["has a port out of range", { port: 65_536 }, 'the key "port" must be a whole number'],
    ["has a number as dbname", { dbname: 7 }, 'the key "dbname" must be a non-empty string'],
    ["has an ssl of another kind", { ssl: "prefer" }, 'the key "ssl" must be true or false'],
    ["is for another engine", { engine: "mysql" }, '"engine" must be "postgres" or "aurora-postgresql"'],
  ] as const)(
    "whose value %s is refused before anything is written or a login tried",
    async ([, spoilt, problem]) => {
      const user = await newUser(fixture);
      const value = await stack.value(user.arn);
      await putValue(stack, user.arn, typeof spoilt === "string" ? spoilt : { ...value, ...spoilt });
      const before = await stack.labels(user.arn);
      using calls = observeCalls(stack);

      const failure = await failedRotation(stack, user.arn);

      expect(failure).toMatchObject({ step: "createSecret", reason: "malformed-secret" });
      expect(failure.message).toContain(
        `The value under AWSCURRENT ${problem.startsWith("is not a") ? problem : "is not usable: "}`,
      );
      expect(failure.message).toContain(problem);
      expect(failure.message).toContain('A database secret is {"engine": …');
      expect(calls.writes()).toEqual([]);
      expect(await database.logins(user.username)).toEqual({ accepted: 0, rejected: 0 });
      expect(await database.accepts(user.username, user.password)).toBe(true);
      expect(await stack.labels(user.arn)).toMatchObject(before);
    },
  );

  test("whose value is binary is refused", async () => {
    const user = await newUser(fixture);
    await stack.operator.send(
      new PutSecretValueCommand({ SecretId: user.arn, SecretBinary: Buffer.from("{}") }),
    );
    using calls = observeCalls(stack);

    const failure = await failedRotation(stack, user.arn);

    expect(failure).toMatchObject({ step: "createSecret", reason: "malformed-secret" });
    expect(failure.message).toContain("is binary, not a SecretString");
    expect(calls.writes()).toEqual([]);
  });

  test("whose AWSPREVIOUS is binary rotates all the same", async () => {
    const user = await newUser(fixture);
    const value = await stack.value(user.arn);
    await stack.operator.send(
      new PutSecretValueCommand({ SecretId: user.arn, SecretBinary: Buffer.from([0, 255]) }),
    );
    await putValue(stack, user.arn, value);

    const outcome = await stack.rotate(user.arn);

    expect(outcome.succeeded).toBe(true);
  });
});
