import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, expect, test } from "vitest";
import { freePort } from "../../local/free-port.ts";
import { holder, moveCurrent, putValue, reattempt } from "../support/operator.ts";
import { rescue } from "../support/rescue.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import {
  abandonedAfter,
  commandsIn,
  dryThenReal,
  expectToRotate,
  newUser,
  startScene,
  type User,
} from "./scene.ts";

// What is stuck in Secrets Manager alone; the database's product has no part in it.

const scene = await startScene("postgres");
const { singleUser, masterUser, database } = scene;
const { stack } = singleUser;
const { caFile } = database;

afterAll(() => scene[Symbol.asyncDispose]());

const explain = ({ arn }: User) => rescue(stack, ["explain", "--secret-id", arn], { caFile });
const unstick = ({ arn }: User) => ["unstick", "--secret-id", arn];

test("AWSPENDING is on a placeholder, which has no value: it is taken off, also where the database cannot be asked", async () => {
  const user = await newUser(scene, stack);
  const token = await abandonedAfter(singleUser, user, "stage");
  expect((await explain(user)).stdout).toMatch(new RegExp(`${token} +AWSPENDING +no value`));
  const logins = await database.logins(user.username);

  await dryThenReal({ database: { ...database, caFile: "/nowhere.pem" } }, stack, user, unstick(user));

  expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
  expect((await database.logins(user.username)).accepted - logins.accepted).toBeLessThanOrEqual(2);
  await expectToRotate(scene, stack, user);
});

test("the database can never take the pending value: explain knows it, and AWSPENDING is taken off", async () => {
  const user = await newUser(scene, stack);
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

  await dryThenReal(scene, stack, user, unstick(user));

  await expectToRotate(scene, stack, user);
});

test("AWSCURRENT was edited after the rotation began: the same", async () => {
  const user = await newUser(scene, stack);
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
  expect(explained.stdout).toContain("other keys than follow from AWSCURRENT");

  await dryThenReal(scene, stack, user, unstick(user));

  await expectToRotate(scene, stack, user);
});

test("AWSPENDING is left on AWSCURRENT: that is harmless, and nothing is done", async () => {
  const user = await newUser(scene, stack);
  const MoveToVersionId = await holder(stack, user.arn, "AWSCURRENT");
  await stack.operator.send(
    new UpdateSecretVersionStageCommand({ SecretId: user.arn, VersionStage: "AWSPENDING", MoveToVersionId }),
  );

  const explained = await explain(user);
  const unstuck = await rescue(stack, [...unstick(user), "--yes"], { caFile });

  expect(explained).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("harmless") });
  expect(unstuck).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("harmless") });
  expect(await holder(stack, user.arn, "AWSPENDING")).toBe(MoveToVersionId);
  await expectToRotate(scene, stack, user);
});

test("the database's certificate is a stranger's: nothing is guessed, and --without-database takes AWSPENDING off", async () => {
  const user = await newUser(scene, stack);
  await abandonedAfter(singleUser, user, "createSecret");
  // Without its authority the certificate is that of a stranger, to whom no password is sent.
  const explained = await rescue(stack, ["--secret-id", user.arn]);
  expect(explained).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("A login with AWSCURRENT fails from here"),
  });
  expect(explained.stdout).toContain("The certificate is not from a known authority");
  const unsure = await rescue(stack, [...unstick(user), "--yes"]);
  expect(unsure).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("cannot be told from here") });
  expect(unsure.stdout).toContain("--without-database");
  expect(await holder(stack, user.arn, "AWSPENDING")).toBeDefined();

  const { stdout } = await dryThenReal(scene, stack, user, [...unstick(user), "--without-database"]);

  expect(stdout).toContain("The database is not asked.");
  await expectToRotate(scene, stack, user);
});

test("with two users AWSPENDING is taken off, whoever of them logs in with it: it is compared nowhere", async () => {
  const user = await newUser(scene, masterUser.stack);
  const token = await abandonedAfter(masterUser, user, "setSecret");
  const explained = await rescue(masterUser.stack, ["--secret-id", user.arn], { caFile });
  expect(explained.stdout).toMatch(new RegExp(`${token} +AWSPENDING +${user.username}_clone logs in`));

  await dryThenReal(scene, masterUser.stack, user, unstick(user));

  expect(await holder(masterUser.stack, user.arn, "AWSCURRENT")).not.toBe(token);
  await expectToRotate(scene, masterUser.stack, user);
});

test("AWSCURRENT was moved back by hand: the version of AWSPREVIOUS that logs in becomes AWSCURRENT", async () => {
  const user = await newUser(scene, stack);
  const first = await holder(stack, user.arn, "AWSCURRENT");
  await expectToRotate(scene, stack, user);
  const working = await holder(stack, user.arn, "AWSCURRENT");
  await moveCurrent(stack, user.arn, String(first));

  await dryThenReal(scene, stack, user, unstick(user));

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);
  await expectToRotate(scene, stack, user);
});

test("a placeholder, and AWSCURRENT was moved back by hand: both are mended", async () => {
  const user = await newUser(scene, stack);
  const first = await holder(stack, user.arn, "AWSCURRENT");
  await expectToRotate(scene, stack, user);
  const working = await holder(stack, user.arn, "AWSCURRENT");
  await abandonedAfter(singleUser, user, "stage");
  await moveCurrent(stack, user.arn, String(first));

  await dryThenReal(scene, stack, user, unstick(user));

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);
  expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
  await expectToRotate(scene, stack, user);
});

test("a database behind a tunnel: without it nobody is reached, through it the secret's own host is", async () => {
  const nowhere = await freePort();
  const user = await newUser(scene, stack, { port: nowhere });
  await using tunnel = await startTcpProxy(database.address.port);

  const without = await rescue(stack, ["--secret-id", user.arn], { caFile });
  const through = ["--secret-id", user.arn, "--through", `127.0.0.1:${tunnel.port}`];

  expect(without).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(
      /The database could not be asked from here\n.*cannot be reached \(ECONNREFUSED\)[\s\S]*^Whether something is wrong is not known$/m,
    ),
  });
  const json = await rescue(stack, ["--secret-id", user.arn, "--json"], { caFile });
  expect(JSON.parse(json.stdout)).toMatchObject({
    healthy: null,
    databaseUnknown: expect.stringContaining("ECONNREFUSED"),
  });
  // The certificate is for localhost, which the secret names, and not for 127.0.0.1.
  expect((await rescue(stack, through, { caFile })).stdout).toContain("AWSCURRENT logs in");
});

test("--json has the same, for programs", async () => {
  const user = await newUser(scene, stack);
  const token = await abandonedAfter(singleUser, user, "stage");

  const { exitCode, stdout } = await rescue(stack, ["--secret-id", user.username, "--json"], { caFile });

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
