import { afterAll, expect, test } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { failedRotation } from "../support/failures.ts";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { currentPassword, newUser, whatApplicationsUse } from "../support/users.ts";

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));

const database = await startDatabase();
const stack = await startPostgresStack(database, {
  // So long that it is certain, but for one case in many millions, that no character is missing.
  environment: { EXCLUDE_CHARACTERS: "", PASSWORD_LENGTH: "2048" },
});
const fixture = { database, stack };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("a new password may hold every character that GetRandomPassword has: all printable ones but the space", async () => {
  const users = [await newUser(fixture), await newUser(fixture), await newUser(fixture)];

  for (const user of users) {
    await stack.rotate(user.arn);
    await stack.rotate(user.arn);
  }

  for (const user of users) {
    const password = await currentPassword(fixture, user);
    expect([...new Set(password)].sort().join("")).toBe(PRINTABLE.slice(1).join(""));
    expect(await database.accepts(user.username, password)).toBe(true);
  }
});

test("the password to begin with may hold every printable ASCII character, a space at both ends included", async () => {
  const user = await newUser(fixture, { password: `${PRINTABLE.join("")} ` });

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await database.logins(user.username)).toEqual({ accepted: 2, rejected: 0 });
});

test("V23 a user name with %", async () => {
  const user = await newUser(fixture, { username: "100%s of %d %" });

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
});

test.for([
  ["upper case", "AppUser"],
  ["spaces", " an app "],
  ["a single quote", "o'app'; --"],
  ["double quotes", 'an "app"'],
  ["a backslash", "back\\slash\\"],
  ["dollars", "$app$1$$"],
  ["letters that are not ASCII", "anwendung_für_ünïcode_日本"],
  ["emoji", "app_🔐👩‍💻"],
  ["a reserved word", "select"],
  ["63 bytes", "x".repeat(63)],
  ["63 bytes of two each, and one", `${"ü".repeat(31)}x`],
] as const)("a user name with %s", async ([, username]) => {
  const user = await newUser(fixture, { username });

  const outcomes = [await stack.rotate(user.arn), await stack.rotate(user.arn)];

  expect(outcomes.map(({ succeeded }) => succeeded)).toEqual([true, true]);
  expect(await database.accepts(username, await currentPassword(fixture, user))).toBe(true);
  expect(await database.accepts(username, user.password)).toBe(false);
});

test.for([
  ["64 bytes", "y".repeat(64)],
  ["64 bytes in 32 characters", "ö".repeat(32)],
] as const)("a user name of %s is refused before anything is stored", async ([, username]) => {
  // The server itself takes the name, and cuts it off.
  const cutOff = Buffer.from(username).subarray(0, 63).toString().replace("\uFFFD", "");
  const user = await newUser(fixture, { username: cutOff, secret: { username } });
  const before = await whatApplicationsUse(fixture, user);
  using calls = observeCalls(stack);

  const failure = await failedRotation(stack, user.arn);

  expect(failure).toMatchObject({ step: "createSecret", reason: "unstorable" });
  expect(failure.message).toContain("63 bytes");
  expect(calls.writes()).toEqual([]);
  expect(await database.logins(cutOff)).toEqual({ accepted: 0, rejected: 0 });
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  await expect(stack.value(user.arn, { VersionStage: "AWSPENDING" })).rejects.toThrow("can't find");
});
