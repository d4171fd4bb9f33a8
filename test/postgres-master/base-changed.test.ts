import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { alteredTwins, limitsOf, settingsOf } from "./alterations.ts";
import { startLab } from "./lab.ts";
import { existing, newTwins, rotated, rotatedTwice, type Twins, warnings, whoIs } from "./twins.ts";

/** The clone is current, and its base user is next: a person changes the base user, as README says. */

const lab = await startLab();
const { database, driven, stack, fixture, server } = lab;
await server.query("CREATE DATABASE sales");

afterAll(() => lab[Symbol.asyncDispose]());

/** A superuser may carry over everything. */
async function twinsWithCloneAsCurrent(before: readonly string[] = []): Promise<Twins> {
  const twins = await alteredTwins(fixture, [...before], { attributes: "SUPERUSER" });
  await rotated(fixture, twins);
  return twins;
}

async function expectTwoEqualTwins(twins: Twins): Promise<void> {
  expect(await limitsOf(fixture, twins.clone)).toEqual(await limitsOf(fixture, twins.username));
  expect(await settingsOf(fixture, twins.clone)).toEqual(await settingsOf(fixture, twins.username));
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
  "NOCREATEDB NOCREATEROLE NOBYPASSRLS INHERIT NOREPLICATION",
];

test.for([
  ["given to", [], GIVEN],
  ["taken from", [...GIVEN, "REPLICATION"], TAKEN],
] as const)(
  "attributes, limits and settings that are %s the user while its clone is current are the clone's after its turn",
  async ([, before, changes]) => {
    const twins = await twinsWithCloneAsCurrent(before);
    for (const change of changes) await server.query(`ALTER ROLE ${twins.username} ${change}`);

    await rotated(fixture, twins);
    expect(await whoIs(fixture, twins)).toEqual({ login: twins.username, acts: twins.username });
    await rotated(fixture, twins);
    expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
    await expectTwoEqualTwins(twins);
    await server.query(`ALTER ROLE ${twins.username} CONNECTION LIMIT 20`);
    await rotatedTwice(fixture, twins);
    await expectTwoEqualTwins(twins);
  },
);

test("what the clone is more than its user, it is no more after its next turn, and the log says who goes without", async () => {
  const twins = await twinsWithCloneAsCurrent();
  await server.query(`ALTER ROLE ${twins.clone} SUPERUSER REPLICATION`);

  await rotated(fixture, twins);

  expect(warnings(stack, twins)).toEqual([
    `${twins.clone} has SUPERUSER, REPLICATION, which ${twins.username} has not: the application goes without from this rotation on`,
  ]);
  await rotated(fixture, twins);
  const { rows } = await server.query("SELECT rolsuper, rolreplication FROM pg_roles WHERE rolname = $1", [
    twins.clone,
  ]);
  expect(rows).toEqual([{ rolsuper: false, rolreplication: false }]);
});

test("REPLICATION, which is not to be had by SET ROLE, first takes a statement, which the error has", async () => {
  const twins = await twinsWithCloneAsCurrent();
  await server.query(`ALTER ROLE ${twins.username} REPLICATION`);
  const before = await storedPassword(server, twins.username);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(await storedPassword(server, twins.username)).toBe(before);
  const [, statement = ""] = /Run as an administrator: (.+?) - or,/.exec(failure.message) ?? [];
  await server.query(statement);
  expect(await reattempt(stack, twins.arn)).toBe(true);
  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, twins);
  await expectTwoEqualTwins(twins);
});

test("who bears the clone's name, but has the user as a member: no password of a role with REPLICATION", async () => {
  const twins = await newTwins(fixture);
  await existing(database, twins, twins.clone);
  await server.query(`ALTER ROLE ${twins.clone} REPLICATION; GRANT ${twins.clone} TO ${twins.username}`);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(failure.message).toContain(`The user ${twins.clone} has REPLICATION`);
  expect(await database.accepts(twins.clone, "its own")).toBe(true);
});

test("a role that somebody granted to the current clone alone: its user would lack it, and the error says what to run", async () => {
  const twins = await twinsWithCloneAsCurrent();
  await server.query(`GRANT pg_monitor TO ${twins.clone}`);
  const before = await storedPassword(server, twins.username);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(failure.message).toContain("has the role pg_monitor");
  expect(await storedPassword(server, twins.username)).toBe(before);
  const [, statement = ""] = /run as an administrator: (REVOKE .+)$/.exec(failure.message) ?? [];
  await server.query(statement);
  expect(await reattempt(stack, twins.arn)).toBe(true);
});

test("what becomes different after setSecret, testSecret refuses, and setSecret has the statements next time", async () => {
  const twins = await twinsWithCloneAsCurrent();
  const token = await driven.stage(twins.arn);
  for (const step of ["createSecret", "setSecret"] as const) await driven.invoke(step, twins.arn, token);
  await server.query(`ALTER ROLE ${twins.username} REPLICATION CREATEDB CONNECTION LIMIT 3`);
  await server.query(`GRANT pg_monitor TO ${twins.clone}`);

  await expect(driven.invoke("testSecret", twins.arn, token)).rejects.toThrow(
    "The pending user has REPLICATION; it lacks the role pg_monitor.",
  );

  await expect(driven.invoke("setSecret", twins.arn, token)).rejects.toThrow(
    `ALTER ROLE "${twins.username}" NOREPLICATION`,
  );
  await server.query(`ALTER ROLE "${twins.username}" NOREPLICATION`);
  await expect(driven.invoke("setSecret", twins.arn, token)).rejects.toThrow("REVOKE pg_monitor");
});
