import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { alteredPair, limitsOf, settingsOf } from "./alterations.ts";
import { startLab } from "./lab.ts";
import { rotated, rotatedTwice, type Users, whoIs } from "./pairs.ts";

/** The clone is current, and its base user is next: a person changes the base user, as README says. */

const lab = await startLab();
const { stepwise, stack, fixture, server } = lab;
await server.query("CREATE DATABASE sales");

afterAll(() => lab[Symbol.asyncDispose]());

/** A superuser may carry over everything. */
async function pairWithCloneAsCurrent(before: readonly string[] = []): Promise<Users> {
  const users = await alteredPair(fixture, [...before], { attributes: "SUPERUSER" });
  await rotated(fixture, users);
  return users;
}

async function expectEqualUsers(users: Users): Promise<void> {
  expect(await limitsOf(fixture, users.clone)).toEqual(await limitsOf(fixture, users.username));
  expect(await settingsOf(fixture, users.clone)).toEqual(await settingsOf(fixture, users.username));
}

const GIVEN = [
  "CONNECTION LIMIT 8",
  "VALID UNTIL '2999-12-31'",
  "SET statement_timeout TO '5s'",
  "SET app.tenant TO 'a'",
  "IN DATABASE sales SET work_mem TO '8MB'",
  "CREATEDB CREATEROLE BYPASSRLS NOINHERIT",
];

const TAKEN = [
  "CONNECTION LIMIT -1",
  "VALID UNTIL 'infinity'",
  "RESET statement_timeout",
  "SET app.tenant TO 'b'",
  "IN DATABASE sales RESET ALL",
  "INHERIT",
];

test.for([
  ["given to", [], GIVEN],
  ["taken from", GIVEN.slice(0, 5), TAKEN],
] as const)(
  "limits and settings that are %s the user while its clone is current are the clone's after its turn",
  async ([, before, changes]) => {
    const users = await pairWithCloneAsCurrent(before);
    for (const change of changes) await server.query(`ALTER ROLE ${users.username} ${change}`);

    await rotated(fixture, users);
    expect(await whoIs(fixture, users)).toEqual({ login: users.username, acts: users.username });
    await rotated(fixture, users);
    expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
    await expectEqualUsers(users);
    await server.query(`ALTER ROLE ${users.username} CONNECTION LIMIT 20`);
    await rotatedTwice(fixture, users);
    await expectEqualUsers(users);
  },
);

test("an attribute that the current clone has and the user does not have stops setSecret, with the statement", async () => {
  const users = await pairWithCloneAsCurrent();
  await server.query(`ALTER ROLE ${users.clone} CREATEDB REPLICATION`);
  const before = await storedPassword(server, users.username);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  expect(failure.message).toContain(`The user ${users.clone} has CREATEDB`);
  expect(await storedPassword(server, users.username)).toBe(before);
  await server.query(/Run as an administrator: (.+)$/.exec(failure.message)?.[1] ?? "");
  expect(await reattempt(stack, users.arn)).toBe(true);
});

test("REPLICATION, which SET ROLE does not give, stops setSecret if only the user has it, with the statement", async () => {
  const users = await pairWithCloneAsCurrent();
  await server.query(`ALTER ROLE ${users.username} REPLICATION`);
  const before = await storedPassword(server, users.username);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  expect(await storedPassword(server, users.username)).toBe(before);
  const [, statement = ""] = /Run as an administrator: (.+)$/.exec(failure.message) ?? [];
  expect(statement).toBe(`ALTER ROLE "${users.username}" NOREPLICATION`);
  await server.query(statement);
  expect(await reattempt(stack, users.arn)).toBe(true);
  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);
  await expectEqualUsers(users);
});

test("refuses a role that only the current clone has, and prints the statement that grants it to the base user", async () => {
  const users = await pairWithCloneAsCurrent();
  await server.query(`GRANT pg_monitor TO ${users.clone}`);
  const before = await storedPassword(server, users.username);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  expect(failure.message).toContain("has the role pg_monitor");
  expect(await storedPassword(server, users.username)).toBe(before);
  const [, statement = ""] = /Run as an administrator: (REVOKE .+)$/.exec(failure.message) ?? [];
  await server.query(statement);
  expect(await reattempt(stack, users.arn)).toBe(true);
});

test("testSecret refuses what becomes different after setSecret, and setSecret has the statements next time", async () => {
  const users = await pairWithCloneAsCurrent();
  const token = await stepwise.stage(users.arn);
  for (const step of ["createSecret", "setSecret"] as const) await stepwise.invoke(step, users.arn, token);
  await server.query(`ALTER ROLE ${users.username} REPLICATION CREATEDB CONNECTION LIMIT 3`);
  await server.query(`GRANT pg_monitor TO ${users.clone}`);

  await expect(stepwise.invoke("testSecret", users.arn, token)).rejects.toThrow(
    "The pending user lacks the role pg_monitor; it has REPLICATION.",
  );

  await expect(stepwise.invoke("setSecret", users.arn, token)).rejects.toThrow(
    `ALTER ROLE "${users.username}" NOREPLICATION`,
  );
  await server.query(`ALTER ROLE "${users.username}" NOREPLICATION`);
  await expect(stepwise.invoke("setSecret", users.arn, token)).rejects.toThrow('REVOKE "pg_monitor"');
});
