import { CancelRotateSecretCommand, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { holder, moveCurrent, putValue, reattempt } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { rescue, rescueProcess } from "../support/rescue.ts";
import {
  abandonedAfter,
  commandsIn,
  dryThenReal,
  expectToRotate,
  newUser,
  serverAndFunctions,
  type User,
} from "./server-and-functions.ts";

// What is stuck in Secrets Manager alone; the database's product has no part in it.

const running = await serverAndFunctions("postgres");
const { singleUser, masterUser, database, stack, caFile } = running;

const explain = ({ arn }: User) => rescue(stack, ["explain", "--secret-id", arn], { caFile });
const unstick = ({ arn }: User) => ["unstick", "--secret-id", arn];

test("AWSPENDING is on a placeholder without a value: unstick removes it, also without a database connection", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "stage");
  expect((await explain(user)).stdout).toMatch(new RegExp(`${token} +AWSPENDING +no value`));
  const logins = await database.logins(user.username);

  await dryThenReal({ database: { ...database, caFile: "/nowhere.pem" } }, stack, user, unstick(user));

  expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
  expect((await database.logins(user.username)).accepted - logins.accepted).toBeLessThanOrEqual(2);
  await expectToRotate(running, stack, user);
});

test("the database cannot accept the pending value: explain reports it, and unstick removes AWSPENDING", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "stage");
  const value = { ...(await stack.value(user.arn)), password: "pässword of nobody" };
  stack.secretsManager.call("PutSecretValue", {
    SecretId: user.arn,
    ClientRequestToken: token,
    SecretString: JSON.stringify(value),
    VersionStages: ["AWSPENDING"],
  });
  expect(await reattempt(stack, user.arn)).toBe(false);
  const explained = await explain(user);
  expect(explained).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("It fails every time") });
  expect(commandsIn(explained)).toEqual(["npm run rescue -- unstick"]);

  await dryThenReal(running, stack, user, unstick(user));

  await expectToRotate(running, stack, user);
});

test("AWSCURRENT was edited after the rotation began: unstick removes AWSPENDING", async () => {
  const user = await newUser(running, stack);
  const value = await stack.value(user.arn);
  const edited = await putValue(stack, user.arn, { ...value, note: "edited" });
  await putValue(stack, user.arn, value);
  await abandonedAfter(singleUser, user, "createSecret");
  await stack.operator.send(
    new UpdateSecretVersionStageCommand({
      SecretId: user.arn,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: edited,
      RemoveFromVersionId: (await holder(stack, user.arn, "AWSCURRENT")) ?? "",
    }),
  );
  const explained = await explain(user);
  expect(explained.stdout).toContain("other keys than AWSCURRENT");

  await dryThenReal(running, stack, user, unstick(user));

  await expectToRotate(running, stack, user);
});

test("AWSPENDING stayed on AWSCURRENT, which is harmless: unstick changes nothing", async () => {
  const user = await newUser(running, stack);
  const MoveToVersionId = await holder(stack, user.arn, "AWSCURRENT");
  await stack.operator.send(
    new UpdateSecretVersionStageCommand({ SecretId: user.arn, VersionStage: "AWSPENDING", MoveToVersionId }),
  );

  const explained = await explain(user);
  const unstuck = await rescue(stack, [...unstick(user), "--yes"], { caFile });
  const unasked = await rescueProcess(stack, [...unstick(user), "--without-database", "--yes"], { caFile });

  expect(unasked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("harmless") });
  expect(explained).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("harmless") });
  expect(unstuck).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("harmless") });
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(MoveToVersionId);
  await expectToRotate(running, stack, user);
});

test("does not guess if the server's certificate is not trusted, and --without-database removes AWSPENDING", async () => {
  const user = await newUser(running, stack);
  await abandonedAfter(singleUser, user, "createSecret");
  // Without its authority the certificate is that of a stranger, to whom no password is sent.
  const explained = await rescue(stack, ["--secret-id", user.arn]);
  expect(explained).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("A login with AWSCURRENT fails for another reason"),
  });
  expect(explained.stdout).toContain("The certificate was not issued by a trusted CA");
  const unsure = await rescue(stack, [...unstick(user), "--yes"]);
  expect(unsure).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("It is unknown which password the database has"),
  });
  expect(unsure.stdout).toContain("--without-database");
  expect(await holder(stack, user.arn, "AWSPENDING")).toBeDefined();

  const { stdout } = await dryThenReal(running, stack, user, [...unstick(user), "--without-database"]);

  expect(stdout).toContain("The database is not asked.");
  await expectToRotate(running, stack, user);
});

test("removes AWSPENDING of two users although one of them logs in with it, because no step has compared them", async () => {
  const user = await newUser(running, masterUser.stack);
  const token = await abandonedAfter(masterUser, user, "setSecret");
  const explained = await rescue(masterUser.stack, ["--secret-id", user.arn], { caFile });
  expect(explained.stdout).toMatch(new RegExp(`${token} +AWSPENDING +${user.username}_clone logs in`));

  await dryThenReal(running, masterUser.stack, user, unstick(user));

  expect(await holder(masterUser.stack, user.arn, "AWSCURRENT")).not.toBe(token);
  await expectToRotate(running, masterUser.stack, user);
});

test("AWSCURRENT was moved back by hand: unstick makes the version of AWSPREVIOUS, which logs in, AWSCURRENT", async () => {
  const user = await newUser(running, stack);
  const first = await holder(stack, user.arn, "AWSCURRENT");
  await expectToRotate(running, stack, user);
  const working = await holder(stack, user.arn, "AWSCURRENT");
  await moveCurrent(stack, user.arn, String(first));

  await dryThenReal(running, stack, user, unstick(user));

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);
  await expectToRotate(running, stack, user);
});

test("AWSPENDING is on a placeholder, and AWSCURRENT was moved back by hand: unstick repairs both", async () => {
  const user = await newUser(running, stack);
  const first = await holder(stack, user.arn, "AWSCURRENT");
  await expectToRotate(running, stack, user);
  const working = await holder(stack, user.arn, "AWSCURRENT");
  await abandonedAfter(singleUser, user, "stage");
  await moveCurrent(stack, user.arn, String(first));

  await dryThenReal(running, stack, user, unstick(user));

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);
  expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
  await expectToRotate(running, stack, user);
});

test("the version that logs in differs in more than the password: explain names the keys, not their values", async () => {
  const user = await newUser(running, stack);
  const working = await holder(stack, user.arn, "AWSCURRENT");
  const value = { ...(await stack.value(user.arn)), note: "edited by hand", password: "of nobody at all" };
  await putValue(stack, user.arn, value);

  const { stdout } = await dryThenReal(running, stack, user, unstick(user));

  expect(stdout).toContain("Besides the password, these keys differ from AWSCURRENT: note.");
  expect(stdout).not.toContain("edited by hand");
  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);
});

test("no version logs in, with or without a label: explain suggests reset, and reset succeeds", async () => {
  const user = await newUser(running, stack);
  for (const password of ["one of nobody", "two of nobody", "three of nobody"]) {
    await putValue(stack, user.arn, { ...(await stack.value(user.arn)), password });
  }
  await running.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`);

  const lost = await rescueProcess(stack, [...unstick(user), "--try-unlabeled", "--yes"], { caFile });

  expect(lost.stdout).toContain("2 refused, 0 of another user, server or shape, none accepted.");
  expect(lost.exitCode).toBe(1);
  expect(await followRescue(stack, lost.stdout, caFile)).toBe("reset");
  expect(await database.accepts(user.username, "three of nobody")).toBe(true);
});

test("rotation was turned off, and nothing is unfinished: explain prints how to turn it on", async () => {
  const user = await newUser(running, stack);
  await expectToRotate(running, stack, user);
  await stack.operator.send(new CancelRotateSecretCommand({ SecretId: user.arn }));

  const { exitCode, stdout } = await explain(user);

  expect(stdout).toContain("None by itself: rotation is off. RotateSecret turns it on again");
  expect(exitCode).toBe(0);
  await expectToRotate(running, stack, user);
});

test("--json prints the same findings as JSON", async () => {
  const user = await newUser(running, stack);
  const token = await abandonedAfter(singleUser, user, "stage");

  const args = ["--secret-id", user.username, "--json"];
  const { exitCode, stdout } = await rescueProcess(stack, args, { caFile });

  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    arn: user.arn,
    rotation: { enabled: true, function: stack.rotationFunction.arn },
    databaseUnknown: null,
    healthy: false,
    versions: expect.arrayContaining([
      { id: token, labels: ["AWSPENDING"], hasValue: false, logsIn: null, note: "no value" },
      expect.objectContaining({ labels: ["AWSCURRENT"], username: user.username, logsIn: true }),
    ]),
  });
});
