import { afterAll, expect, test } from "vitest";
import type { Step } from "../../local/secrets-manager/events.ts";
import { failedRotation, lastFailure, refusal } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { holder, moveCurrent, putValue, reattempt, removePending, versions } from "../support/operator.ts";
import { followCommands } from "../support/remedies.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";
import { currentPassword, newUser, storedPassword, type User } from "../support/users.ts";

const database = await startDatabase();
const { stack, stage, invoke } = await startStepwiseStack(database);
const fixture = { database, stack };

/** Another name of the same server; the certificate is not for it, sslServerName is. */
const OTHER_HOST = { host: "127.0.0.1", sslServerName: "localhost" };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Does something from outside once, at the moment when a step of the service's own rotation is through. */
function after(step: Step, user: User, change: (token: string) => void): void {
  const stop = stack.secretsManager.observe((event) => {
    if (event.type !== "stepFinished" || event.step !== step || event.secretArn !== user.arn) return;
    stop();
    change(event.token);
  });
}

async function expectToRotate(user: User): Promise<void> {
  expect(await stack.rotate(user.arn)).toEqual({ succeeded: true, error: undefined });
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
}

test("V21 a value stored by hand in the middle ends the rotation, and the next one works", async () => {
  const user = await newUser(fixture);
  const byHand = JSON.stringify({ ...(await stack.value(user.arn)), note: "by hand" });
  after("createSecret", user, () => {
    const ClientRequestToken = crypto.randomUUID();
    stack.secretsManager.call("PutSecretValue", {
      SecretId: user.arn,
      ClientRequestToken,
      SecretString: byHand,
    });
  });

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(false);
  expect(await stack.value(user.arn)).toEqual(JSON.parse(byHand));
  expect(await database.accepts(user.username, user.password)).toBe(true);
  await expectToRotate(user);
  expect(await stack.value(user.arn)).toMatchObject({ note: "by hand" });
});

test.for(["setSecret", "testSecret", "finishSecret"] as const)(
  "V21 %s of the rotation that ended that way is refused and changes nothing",
  async (step) => {
    const user = await newUser(fixture);
    const token = await stage(user.arn);
    await invoke("createSecret", user.arn, token);
    const byHand = await putValue(stack, user.arn, await stack.value(user.arn));
    const stored = await storedPassword(database.server, user.username);

    const failure = await refusal(stack, { Step: step, SecretId: user.arn, ClientRequestToken: token });

    expect(failure.reason).toBe("unknown-token");
    expect(failure.message).toContain("Start a new rotation.");
    expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(byHand);
    expect(await storedPassword(database.server, user.username)).toBe(stored);
    await expectToRotate(user);
  },
);

test("V21 AWSCURRENT is moved to a version with another host: the error tells how to go on, and so it does", async () => {
  const user = await newUser(fixture);
  const value = await stack.value(user.arn);
  const edited = await putValue(stack, user.arn, { ...value, ...OTHER_HOST });
  await putValue(stack, user.arn, value);
  const token = await stage(user.arn);
  await invoke("createSecret", user.arn, token);
  await moveCurrent(stack, user.arn, edited);
  const stored = await storedPassword(database.server, user.username);

  expect(await reattempt(stack, user.arn)).toBe(false);

  const failure = lastFailure(stack, user.arn);
  expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
  expect(await storedPassword(database.server, user.username)).toBe(stored);
  followCommands(stack, failure.message);
  await expectToRotate(user);
  expect(await stack.value(user.arn)).toMatchObject(OTHER_HOST);
});

test("V21 the user name is edited in the same way: no other user's password is changed", async () => {
  const user = await newUser(fixture);
  const other = await newUser(fixture);
  const token = await stage(user.arn);
  await invoke("createSecret", user.arn, token);
  const pending = await stack.value(user.arn, { VersionId: token });
  const ofOther = await putValue(stack, user.arn, await stack.value(other.arn));
  const next = await stage(user.arn);
  await putPending(user, next, pending);
  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(ofOther);

  const failure = await refusal(stack, { Step: "setSecret", SecretId: user.arn, ClientRequestToken: next });

  expect(failure.reason).toBe("secret-changed");
  expect(await database.accepts(user.username, user.password)).toBe(true);
  expect(await database.accepts(other.username, other.password)).toBe(true);
  followCommands(stack, failure.message);
  await expectToRotate(other);
});

async function putPending(user: User, token: string, value: object): Promise<void> {
  stack.secretsManager.call("PutSecretValue", {
    SecretId: user.arn,
    ClientRequestToken: token,
    SecretString: JSON.stringify(value),
    VersionStages: ["AWSPENDING"],
  });
}

test("V40 AWSPENDING is taken away after setSecret: the next rotation tells how to find the password, and so it does", async () => {
  const user = await newUser(fixture);
  after("setSecret", user, (token) => {
    stack.secretsManager.call("UpdateSecretVersionStage", {
      SecretId: user.arn,
      VersionStage: "AWSPENDING",
      RemoveFromVersionId: token,
    });
  });
  await failedRotation(stack, user.arn);

  const failure = await failedRotation(stack, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
  const working = await unlabeledVersionThatWorks(user);
  followCommands(stack, failure.message, {
    "<that version>": working,
    "<the current version>": (await holder(stack, user.arn, "AWSCURRENT")) ?? "",
  });
  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);
  expect(await reattempt(stack, user.arn)).toBe(true);
  await expectToRotate(user);
});

/** What the person finds who follows the message: the version whose password the database accepts. */
async function unlabeledVersionThatWorks(user: User): Promise<string> {
  const labeled = Object.keys(await stack.labels(user.arn));
  for (const VersionId of await versions(stack, user.arn)) {
    if (labeled.includes(VersionId)) continue;
    const { password } = await stack.value(user.arn, { VersionId });
    if (await database.accepts(user.username, String(password))) return VersionId;
  }
  return expect.fail("No version has the password that works.");
}

test("V40 AWSPENDING is taken away before setSecret: nothing is lost", async () => {
  const user = await newUser(fixture);
  const token = await stage(user.arn);
  await invoke("createSecret", user.arn, token);

  await removePending(stack, user.arn);

  expect(await database.accepts(user.username, user.password)).toBe(true);
  await expectToRotate(user);
});
