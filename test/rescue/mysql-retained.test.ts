import { expect, test } from "vitest";
import { holder, moveCurrent, putValue, reattempt, removePending } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { rescue } from "../support/rescue.ts";
import {
  abandonedAfter,
  commandsIn,
  dryThenReal,
  expectToRotate,
  newUser,
  serverAndFunctions,
  type User,
} from "./server-and-functions.ts";

// MySQL lets a user have two passwords: what the application has goes on working beside the new one, and so does a leak.

const running = await serverAndFunctions("mysql");
const { singleUser, database, stack, caFile } = running;

const accepts = (user: User, password: unknown) => database.accepts(user.username, String(password));

const discard = ({ arn }: User) => rescue(stack, ["discard", "--secret-id", arn, "--yes"], { caFile });

async function newRetainingUser(): Promise<User> {
  const user = await newUser(running, stack);
  await database.letKeepOldPassword?.(user.username);
  return user;
}

test("the password under AWSPREVIOUS still logs in: the user discards it", async () => {
  const user = await newRetainingUser();
  await expectToRotate(running, stack, user);
  const { password } = await stack.value(user.arn);
  expect(await accepts(user, user.password)).toBe(true);

  await dryThenReal(running, stack, user, ["discard", "--secret-id", user.arn], "y");

  expect(await accepts(user, user.password)).toBe(false);
  expect(await accepts(user, password)).toBe(true);
  await expectToRotate(running, stack, user);
});

test("the master user discards it if the user may not", async () => {
  const user = await newRetainingUser();
  await expectToRotate(running, stack, user);
  await running.administer(`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${running.account(user.username)}`);
  const { password } = await stack.value(user.arn);

  const { stdout } = await dryThenReal(running, stack, user, ["discard", "--secret-id", user.arn]);

  expect(stdout).toContain("has turned off the password");
  expect(await accepts(user, user.password)).toBe(false);
  expect(await accepts(user, password)).toBe(true);
  await expectToRotate(running, stack, user);
});

test("nothing is discarded if AWSPREVIOUS does not log in: AWSCURRENT may be the older password", async () => {
  const user = await newRetainingUser();
  await expectToRotate(running, stack, user);
  const current = await stack.value(user.arn);
  const token = await abandonedAfter(singleUser, user, "setSecret");
  const abandoned = await stack.value(user.arn, { VersionId: token });
  await removePending(stack, user.arn);
  const before = await database.logins(user.username);

  const { exitCode, stdout } = await discard(user);

  expect(stdout).toContain("the password under AWSPREVIOUS is refused");
  expect(exitCode).toBe(0);
  // AWSPREVIOUS alone was tried beside AWSCURRENT: refused logins lock accounts.
  expect((await database.logins(user.username)).rejected - before.rejected).toBe(1);
  expect(await accepts(user, current.password)).toBe(true);
  await expectToRotate(running, stack, user);
  expect(await accepts(user, abandoned.password)).toBe(false);
});

test("nothing is discarded if AWSCURRENT was moved back by hand: a rotation turns off the newer password", async () => {
  const user = await newRetainingUser();
  const first = String(await holder(stack, user.arn, "AWSCURRENT"));
  await expectToRotate(running, stack, user);
  const leaked = await stack.value(user.arn);
  await moveCurrent(stack, user.arn, first);

  const { exitCode, stdout } = await discard(user);

  expect(stdout).toContain("AWSPREVIOUS is newer than AWSCURRENT");
  expect(exitCode).toBe(1);
  expect(await accepts(user, user.password)).toBe(true);
  await expectToRotate(running, stack, user);
  expect(await accepts(user, leaked.password)).toBe(false);
});

/** The value before is stored as a new version: what DISCARD turns off is the password under AWSCURRENT. */
async function storeOldValueAgain(user: User): Promise<Record<string, unknown>> {
  const value = await stack.value(user.arn);
  await expectToRotate(running, stack, user);
  const leaked = await stack.value(user.arn);
  await putValue(stack, user.arn, value);
  return leaked;
}

test("the user gets the password of AWSCURRENT back if the server discards it as the older one", async () => {
  const user = await newRetainingUser();
  const leaked = await storeOldValueAgain(user);

  await dryThenReal(running, stack, user, ["discard", "--secret-id", user.arn]);

  expect(await accepts(user, user.password)).toBe(true);
  expect(await accepts(user, leaked.password)).toBe(false);
});

test("the error says how to continue if PASSWORD HISTORY forbids the password", async () => {
  const user = await newRetainingUser();
  await running.administer(`ALTER USER ${running.account(user.username)} PASSWORD HISTORY 5`);
  await expectToRotate(running, stack, user);
  const leaked = await storeOldValueAgain(user);

  const { stderr } = await discard(user);

  expect(stderr).toContain("AWSCURRENT was the older password and is turned off");
  expect(await followRescue(stack, stderr, caFile)).toBe("unstick");
  await expectToRotate(running, stack, user);
  expect(await discard(user)).toMatchObject({ exitCode: 0 });
  expect(await accepts(user, leaked.password)).toBe(false);
  const { password } = await stack.value(user.arn);
  expect(await accepts(user, password)).toBe(true);
});

test("AWSPENDING is stuck after setSecret, and both passwords log in: unstick finishes the rotation", async () => {
  const user = await newRetainingUser();
  const token = await abandonedAfter(singleUser, user, "setSecret");
  expect(await accepts(user, user.password)).toBe(true);

  const { stdout } = await dryThenReal(running, stack, user, ["unstick", "--secret-id", user.arn]);

  expect(stdout).toContain(`AWSCURRENT is on version ${token} now.`);
  await expectToRotate(running, stack, user);
});

test("AWSPENDING is stuck, and AWSCURRENT was edited since: unstick keeps the edit and removes AWSPENDING", async () => {
  const user = await newRetainingUser();
  const value = await stack.value(user.arn);
  const edited = await putValue(stack, user.arn, { ...value, note: "edited" });
  await putValue(stack, user.arn, value);
  await abandonedAfter(singleUser, user, "setSecret");
  await moveCurrent(stack, user.arn, edited);

  await dryThenReal(running, stack, user, ["unstick", "--secret-id", user.arn]);

  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(edited);
  expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
  await expectToRotate(running, stack, user);
  expect(await stack.value(user.arn)).toMatchObject({ note: "edited" });
});

test("explain reports a locked account, and tries no other password", async () => {
  const user = await newUser(running, stack);
  const account = running.account(user.username);
  await expectToRotate(running, stack, user);
  await running.administer(`ALTER USER ${account} ACCOUNT LOCK`);
  const before = await database.logins(user.username);

  const { exitCode, stdout } = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });

  expect(stdout).toContain("The account is locked.");
  expect(exitCode).toBe(1);
  expect((await database.logins(user.username)).rejected - before.rejected).toBeLessThanOrEqual(1);
  const explained = await rescue(stack, ["--secret-id", user.arn], { caFile });
  expect(explained.exitCode).toBe(1);
  expect(explained.stdout).toMatch(/^Something is wrong\n.*The account is locked\..*ACCOUNT UNLOCK/m);
});

test("reset renews an expired password with the same value", async () => {
  const user = await newUser(running, stack);
  await running.administer(`ALTER USER ${running.account(user.username)} PASSWORD EXPIRE`);
  const explained = await rescue(stack, ["--secret-id", user.arn], { caFile });
  expect(explained).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("has expired") });
  expect(commandsIn(explained)).toEqual(["npm run rescue -- reset"]);

  const done = await rescue(stack, ["reset", "--secret-id", user.arn], { caFile, answers: ["y"] });

  expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("AWSCURRENT logs in.") });

  expect(await accepts(user, user.password)).toBe(true);
  await expectToRotate(running, stack, user);
});

test("an expired password and an unfinished rotation: unstick asks for reset first", async () => {
  const user = await newUser(running, stack);
  await abandonedAfter(singleUser, user, "createSecret");
  await running.administer(`ALTER USER ${running.account(user.username)} PASSWORD EXPIRE`);

  const unsure = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });

  expect(unsure.stdout).toContain("Set the password again first: npm run rescue -- reset");
  expect(unsure.exitCode).toBe(1);
  expect(await followRescue(stack, unsure.stdout, caFile)).toBe("reset");
  expect(await reattempt(stack, user.arn)).toBe(true);
  await expectToRotate(running, stack, user);
});
