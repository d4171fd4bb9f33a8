import { afterAll, expect, test } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { failedRotation, lastFailure } from "../support/failures.ts";
import { POSTGRES_VERSION, startDatabase, startPostgresStack } from "../support/fixture.ts";
import { tryOut } from "../support/operator.ts";
import { currentPassword, newUser, storedPassword, whatApplicationsUse } from "../support/users.ts";

/** For servers that store md5: pg_hba.conf must allow it, and such servers' does. */
const MD5_USER = "stored_as_md5";

const database = await startDatabase({ accessRules: [`hostssl all ${MD5_USER} 127.0.0.1/32 md5`] });
const stack = await startPostgresStack(database);
const fixture = { database, stack };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test(`the server is PostgreSQL ${POSTGRES_VERSION}`, () => {
  expect(`${database.product}.`.startsWith(`PostgreSQL ${POSTGRES_VERSION}.`)).toBe(true);
});

test("three rotations in a row, each with a password of its own", async () => {
  const user = await newUser(fixture);
  const passwords = [user.password];

  for (let rotation = 1; rotation <= 3; rotation++) {
    expect(await stack.rotate(user.arn)).toEqual({ succeeded: true, error: undefined });
    passwords.unshift(await currentPassword(fixture, user));
  }

  const accepted = await Promise.all(passwords.map((one) => database.accepts(user.username, one)));
  expect(accepted).toEqual([true, false, false, false]);
  expect(new Set(passwords).size).toBe(4);
  expect(
    Object.values(await stack.labels(user.arn))
      .flat()
      .sort(),
  ).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
});

test("a rotation costs at most 11 calls, none of which fails, and two logins, none of which is rejected", async () => {
  const user = await newUser(fixture);
  using calls = observeCalls(stack);

  await stack.rotate(user.arn);

  expect(calls.all.length).toBeLessThanOrEqual(11);
  expect(calls.failed).toEqual([]);
  expect(calls.writes()).toEqual(["PutSecretValue", "UpdateSecretVersionStage"]);
  expect(await database.logins(user.username)).toEqual({ accepted: 2, rejected: 0 });
});

test("keys of the secret that no rotation function knows survive", async () => {
  const secret = { owner: "team", nested: { list: [1, "two", null] }, masterarn: "arn:x", ssl: true };
  const user = await newUser(fixture, { secret });
  const before = await stack.value(user.arn);

  await stack.rotate(user.arn);

  const after = await stack.value(user.arn);
  expect(after).toEqual({ ...before, password: after.password });
  expect(Object.keys(after)).toEqual(Object.keys(before));
  expect(after.password).not.toBe(before.password);
});

test("RotateImmediately=false passes, changes nothing, and a rotation follows it", async () => {
  const user = await newUser(fixture);
  const before = await whatApplicationsUse(fixture, user);
  using calls = observeCalls(stack);

  const passed = await tryOut(stack, user.arn);

  expect(passed).toBe(true);
  expect(calls.writes()).toEqual([]);
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  expect(Object.values(await stack.labels(user.arn))).toEqual([["AWSCURRENT"]]);
  expect((await stack.rotate(user.arn)).succeeded).toBe(true);
});

test("RotateImmediately=false reports a wrong password, and that only a person can set it", async () => {
  const user = await newUser(fixture);
  await database.server.query(`ALTER ROLE ${user.username} PASSWORD 'set by hand'`);

  expect(await tryOut(stack, user.arn)).toBe(false);

  const failure = lastFailure(stack, user.arn);
  expect(failure).toMatchObject({ step: "testSecret", reason: "login-rejected" });
  expect(failure.message).toContain("The database rejects the password under AWSCURRENT.");
  expect(failure.message).toContain(`npm run rescue -- reset --secret-id ${user.arn}`);
});

test("a port that is a string, and Aurora's engine name, as AWS's console and CloudFormation store them", async () => {
  const secret = { port: String(database.address.port), engine: "aurora-postgresql" };
  const user = await newUser(fixture, { secret });

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await stack.value(user.arn)).toMatchObject(secret);
});

test("a secret without dbname logs in to the database `postgres`", async () => {
  const user = await newUser(fixture, { secret: { dbname: undefined } });

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await stack.value(user.arn)).not.toHaveProperty("dbname");
});

test("stores an md5 password where the server has asked the user for one and the role's passwords are md5", async () => {
  const user = await newUser(fixture, { username: MD5_USER });
  await database.server.query(
    `SET password_encryption TO md5; ALTER ROLE ${MD5_USER} PASSWORD '${user.password}';
     ALTER ROLE ${MD5_USER} SET password_encryption TO md5`,
  );

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await storedPassword(database.server, MD5_USER)).toMatch(/^md5[0-9a-f]{32}$/);
  expect(await database.accepts(MD5_USER, await currentPassword(fixture, user))).toBe(true);
  expect((await stack.rotate(user.arn)).succeeded).toBe(true);
});

test.for(["by the role", "by the server"])(
  "stores a SCRAM verifier where password_encryption is md5 %s and pg_hba.conf asks for SCRAM",
  async (by) => {
    const user = await newUser(fixture);
    const setting = by === "by the role" ? `ALTER ROLE ${user.username}` : "ALTER DATABASE postgres";
    await database.server.query(`${setting} SET password_encryption TO md5`);

    const outcome = await stack.rotate(user.arn);

    expect(outcome.succeeded).toBe(true);
    expect(await storedPassword(database.server, user.username)).toMatch(/^SCRAM-SHA-256/);
    expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
    await database.server.query(`${setting} RESET password_encryption`);
  },
);

test.for([
  "statement_timeout TO '1ms'",
  "lock_timeout TO '1ms'",
  "idle_in_transaction_session_timeout TO '1ms'",
  "idle_session_timeout TO '1ms'",
  "default_transaction_read_only TO on",
  "search_path TO pg_temp, public",
])("rotates a user whose sessions have the setting %s", async (setting) => {
  const user = await newUser(fixture);
  await database.server.query(`ALTER ROLE ${user.username} SET ${setting}`);

  expect(await stack.rotate(user.arn)).toEqual({ succeeded: true, error: undefined });
});

if (Number(POSTGRES_VERSION) >= 17)
  test("names the setting transaction_timeout, which ends a session before anything can be set", async () => {
    const user = await newUser(fixture);
    await database.server.query(`ALTER ROLE ${user.username} SET transaction_timeout TO '1ms'`);

    const failure = await failedRotation(stack, user.arn);

    expect(failure.message).toContain(`ALTER ROLE "${user.username}" RESET transaction_timeout`);
  });

test("scram_iterations is followed where the server has it", async () => {
  const user = await newUser(fixture);
  const adjustable = Number(POSTGRES_VERSION) >= 16;
  if (adjustable) await database.server.query(`ALTER ROLE ${user.username} SET scram_iterations TO 8192`);

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  const iterations = adjustable ? 8192 : 4096;
  expect(await storedPassword(database.server, user.username)).toMatch(`SCRAM-SHA-256$${iterations}:`);
});

test("a role that acts as another one from its login on changes its own password", async () => {
  const user = await newUser(fixture);
  const other = await newUser(fixture);
  await database.server.query(`GRANT ${other.username} TO ${user.username}`);
  await database.server.query(`ALTER ROLE ${user.username} SET role TO ${other.username}`);

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
  expect(await database.accepts(user.username, user.password)).toBe(false);
  expect(await database.accepts(other.username, other.password)).toBe(true);
});

test.for(["the role", "the database"])("transactions are read-only by default for %s", async (which) => {
  const user = await newUser(fixture, { secret: which === "the database" ? { dbname: "reports" } : {} });
  if (which === "the database") await database.server.query("CREATE DATABASE reports");
  const target = which === "the database" ? "DATABASE reports" : `ROLE ${user.username}`;
  await database.server.query(`ALTER ${target} SET default_transaction_read_only TO on`);

  const outcome = await stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
});
