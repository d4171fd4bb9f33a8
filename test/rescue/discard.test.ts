import { expect, test } from "vitest";
import { openDatabaseGate } from "../support/database-gate/gate.ts";
import type { Verdict } from "../support/interception.ts";
import { putValue } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { rescue, rescueProcess } from "../support/rescue.ts";
import {
  abandonedAfter,
  dryThenReal,
  expectToRotate,
  newUser,
  serverAndFunctions,
  type User,
} from "./server-and-functions.ts";

// What must be so before a password is turned off, and what is said when nobody knows whether it is.

const running = await serverAndFunctions("postgres");
const { singleUser, masterUser, database, stack, caFile } = running;

const discard = ({ arn }: User, of = stack) =>
  rescue(of, ["discard", "--secret-id", arn, "--yes"], { caFile });

/** Two users, both of whom have had their turn: AWSPREVIOUS is the one that the secret began with. */
async function pair(): Promise<User> {
  const user = await newUser(running, masterUser.stack);
  await expectToRotate(running, masterUser.stack, user);
  return user;
}

test("refuses while a rotation is unfinished, and prints how to end it", async () => {
  const user = await newUser(running, stack);
  await expectToRotate(running, stack, user);
  const token = await abandonedAfter(singleUser, user, "createSecret");

  const refused = await discard(user);

  expect(refused).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining(`A rotation is unfinished: AWSPENDING is on version ${token}.`),
  });
  expect(await followRescue(stack, refused.stdout, caFile)).toBe("unstick");
  expect(await discard(user)).toMatchObject({ exitCode: 0 });
});

test("changes nothing if AWSCURRENT does not log in, and succeeds after the command that it prints", async () => {
  const user = await pair();
  await running.administer(`ALTER ROLE ${user.username}_clone PASSWORD 'by hand'`);

  const refused = await discard(user, masterUser.stack);

  expect(refused.stdout).toContain("the password under AWSPREVIOUS may be the only one that works");
  expect(refused.exitCode).toBe(1);
  expect(await database.accepts(user.username, user.password)).toBe(true);
  expect(await followRescue(masterUser.stack, refused.stdout, caFile)).toBe("reset");
  expect(await discard(user, masterUser.stack)).toMatchObject({ exitCode: 0 });
  expect(await database.accepts(user.username, user.password)).toBe(false);
});

test("reports why the server rejects the user of AWSCURRENT or of AWSPREVIOUS", async () => {
  const [one, two] = [await pair(), await pair()];
  await running.administer(`ALTER ROLE ${one.username}_clone NOLOGIN`, `ALTER ROLE ${two.username} NOLOGIN`);

  for (const user of [one, two]) {
    const { exitCode, stderr } = await discard(user, masterUser.stack);
    expect(stderr).toMatch(/^login-not-allowed: .* run as an administrator: ALTER ROLE .* LOGIN/);
    expect(exitCode).toBe(1);
  }
});

test("changes nothing if AWSPREVIOUS is not a login or has the password of AWSCURRENT", async () => {
  const user = await newUser(running, stack);
  const value = await stack.value(user.arn);
  await putValue(stack, user.arn, value);

  const same = await discard(user);
  await putValue(stack, user.arn, "not JSON");
  await putValue(stack, user.arn, value);
  const none = await discard(user);

  expect(same).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("that turns the password off") });
  expect(none).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining("AWSPREVIOUS is not a JSON object"),
  });
  await expectToRotate(running, stack, user);
  expect(await database.accepts(user.username, user.password)).toBe(false);
});

test("does not take the master user for the other user of a pair, although its password is right", async () => {
  const user = await newUser(running, masterUser.stack);
  const value = await masterUser.stack.value(user.arn);
  const { username, password } = await masterUser.stack.value(user.masterArn);
  const current = { ...value, alternateUsername: username };
  await putValue(masterUser.stack, user.arn, {
    ...value,
    username,
    password,
    alternateUsername: user.username,
  });
  await putValue(masterUser.stack, user.arn, current);

  const refused = await discard(user, masterUser.stack);

  expect(refused.stdout).toContain(`${String(username)} is the master user`);
  expect(refused.exitCode).toBe(1);
  expect(await database.accepts(String(username), String(password))).toBe(true);
});

test("a clone without its ownership marker: the printed statement makes the next rotation possible", async () => {
  const user = await pair();
  const { username: master } = await masterUser.stack.value(user.masterArn);
  await running.administer(`REVOKE ${user.username} FROM ${user.username}_clone GRANTED BY ${master}`);

  const { stdout } = await dryThenReal(running, masterUser.stack, user, ["discard", "--secret-id", user.arn]);

  expect(await database.accepts(user.username, user.password)).toBe(false);
  expect((await masterUser.stack.rotate(user.arn)).succeeded, "Nothing shows whose user it is.").toBe(false);
  const [, statement = ""] = /Before the next rotation run as an administrator: (.+)$/m.exec(stdout) ?? [];
  await running.administer(statement);
  await rescue(masterUser.stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });
  await expectToRotate(running, masterUser.stack, user);
});

test.each([
  ["cannot be asked any more", "cut", "The login that would tell failed:"],
  ["accepts it again", "pass", "Run the command again."],
] satisfies [string, Verdict, string][])(
  "does not report success if the server %s after the password was changed",
  async (_what, verdict, said) => {
    const user = await pair();
    await using gate = await openDatabaseGate(database);
    let set = false;
    gate.onInterception = async ({ kind, text, moment }) => {
      if (text.includes("PASSWORD") && moment === "after") set = true;
      if (!set || kind !== "login" || moment !== "before") return "pass";
      await running.administer(`ALTER ROLE ${user.username} PASSWORD '${user.password}'`);
      return verdict;
    };
    const through = ["--through", `localhost:${gate.port}`];

    const args = ["discard", "--secret-id", user.arn, "--yes", ...through];
    const unsure = await rescueProcess(masterUser.stack, args, { caFile: gate.caFile });

    expect(unsure.stderr).toContain(`The password under AWSPREVIOUS may still log in. ${said}`);
    expect(unsure.exitCode).toBe(1);
    expect(await discard(user, masterUser.stack)).toMatchObject({ exitCode: 0 });
    expect(await database.accepts(user.username, user.password)).toBe(false);
  },
);
