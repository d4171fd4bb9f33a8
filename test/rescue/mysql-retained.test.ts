import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { holder, moveCurrent, putValue, removePending } from "../support/operator.ts";
import { rescue } from "../support/rescue.ts";
import { abandonedAfter, dryThenReal, expectToRotate, newUser, startScene, type User } from "./scene.ts";

// MySQL lets a user have two passwords: what the application has goes on working beside the new one, and so does a leak.

const scene = await startScene("mysql");
const { singleUser, database } = scene;
const { stack } = singleUser;
const { caFile } = database;

afterAll(() => scene[Symbol.asyncDispose]());

const accepts = (user: User, password: unknown) => database.accepts(user.username, String(password));

async function newRetainingUser(): Promise<User> {
  const user = await newUser(scene, stack);
  await database.letKeepOldPassword?.(user.username);
  return user;
}

test("the password under AWSPREVIOUS, which still logs in, is discarded by the user itself", async () => {
  const user = await newRetainingUser();
  await expectToRotate(scene, stack, user);
  const { password } = await stack.value(user.arn);
  expect(await accepts(user, user.password)).toBe(true);

  await dryThenReal(scene, stack, user, ["discard", "--secret-id", user.arn], "y");

  expect(await accepts(user, user.password)).toBe(false);
  expect(await accepts(user, password)).toBe(true);
  await expectToRotate(scene, stack, user);
});

test("where the user may not, the master does it", async () => {
  const user = await newRetainingUser();
  await expectToRotate(scene, stack, user);
  await scene.administer(`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${scene.account(user.username)}`);
  const { password } = await stack.value(user.arn);

  const { stdout } = await dryThenReal(scene, stack, user, ["discard", "--secret-id", user.arn]);

  expect(stdout).toContain("has turned it off");
  expect(await accepts(user, user.password)).toBe(false);
  expect(await accepts(user, password)).toBe(true);
  await expectToRotate(scene, stack, user);
});

test("if AWSCURRENT is the older of the two, nothing is discarded: a rotation turns off what was left behind", async () => {
  const user = await newRetainingUser();
  await expectToRotate(scene, stack, user);
  const current = await stack.value(user.arn);
  const token = await abandonedAfter(singleUser, user, "setSecret");
  const abandoned = await stack.value(user.arn, { VersionId: token });
  await removePending(stack, user.arn);

  const refused = await rescue(stack, ["discard", "--secret-id", user.arn, "--yes"], { caFile });

  expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`version ${token}`) });
  expect(await accepts(user, current.password)).toBe(true);
  await expectToRotate(scene, stack, user);
  expect(await accepts(user, abandoned.password)).toBe(false);
});

test("if a person has set another password by hand, and kept AWSCURRENT's, that one stays", async () => {
  const user = await newRetainingUser();
  await expectToRotate(scene, stack, user);
  const { password } = await stack.value(user.arn);
  const account = scene.account(user.username);
  await scene.administer(`ALTER USER ${account} IDENTIFIED BY '${randomUUID()}' RETAIN CURRENT PASSWORD`);

  const { exitCode } = await rescue(stack, ["discard", "--secret-id", user.arn, "--yes"], { caFile });

  expect(exitCode).toBe(0);
  expect(await accepts(user, password)).toBe(true);
  expect(await accepts(user, user.password)).toBe(false);
});

test("AWSPENDING is stuck after setSecret, and both passwords log in: the rotation is finished", async () => {
  const user = await newRetainingUser();
  const token = await abandonedAfter(singleUser, user, "setSecret");
  expect(await accepts(user, user.password)).toBe(true);

  const { stdout } = await dryThenReal(scene, stack, user, ["unstick", "--secret-id", user.arn]);

  expect(stdout).toContain(`AWSCURRENT is on version ${token} now.`);
  await expectToRotate(scene, stack, user);
});

test("the same, but AWSCURRENT was edited since: the edit stays, and AWSPENDING goes", async () => {
  const user = await newRetainingUser();
  const value = await stack.value(user.arn);
  const edited = await putValue(stack, user.arn, { ...value, note: "edited" });
  await putValue(stack, user.arn, value);
  await abandonedAfter(singleUser, user, "setSecret");
  await moveCurrent(stack, user.arn, edited);

  await dryThenReal(scene, stack, user, ["unstick", "--secret-id", user.arn]);

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(edited);
  expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
  await expectToRotate(scene, stack, user);
  expect(await stack.value(user.arn)).toMatchObject({ note: "edited" });
});

test("a locked account is said to be one, and no other password is tried", async () => {
  const user = await newUser(scene, stack);
  const account = scene.account(user.username);
  await expectToRotate(scene, stack, user);
  await scene.administer(`ALTER USER ${account} ACCOUNT LOCK`);
  const before = await database.logins(user.username);

  const { exitCode, stdout } = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });

  expect(stdout).toContain("The account is locked.");
  expect(exitCode).toBe(1);
  expect((await database.logins(user.username)).rejected - before.rejected).toBeLessThanOrEqual(1);
});
