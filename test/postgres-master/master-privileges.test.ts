import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { escapeIdentifier } from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { type Fixture, startDatabase } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import {
  column,
  newPair,
  openCurrent,
  rotated,
  startMasterStack,
  type UsersOptions,
  whoIs,
} from "./pairs.ts";

await using started = new AsyncDisposableStack();
const servers = await Promise.all(
  ["18", "15"].map(async (version) => {
    const database = started.use(await startDatabase({ version }));
    return { version, database, stack: started.use(await startMasterStack(database)) };
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

/** All roles, as the server has them: what a failed rotation must not have changed. */
async function roles({ database }: Fixture): Promise<unknown[]> {
  return column(database.server, "SELECT pg_authid::text FROM pg_authid ORDER BY oid");
}

/** The rotation names a statement; when an administrator has executed it, the same token goes through. */
async function refusedUntilExecuted(fixture: Fixture, options: UsersOptions): Promise<string> {
  const users = await newPair(fixture, options);
  const before = await roles(fixture);

  const { step, reason, message } = await failedRotation(fixture.stack, users.arn);

  expect({ step, reason }).toEqual({ step: "setSecret", reason: "missing-privilege" });
  expect(await roles(fixture)).toEqual(before);
  const [, statement = ""] = /Run as an administrator: (.+)$/.exec(message) ?? [];
  await fixture.database.server.query(statement);
  expect(await reattempt(fixture.stack, users.arn)).toBe(true);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
  await rotated(fixture, users);
  return statement;
}

describe.for(servers)("PostgreSQL $version", (fixture) => {
  const { server } = fixture.database;

  test("a master without CREATEROLE: refused with the statement that gives it", async () => {
    const statement = await refusedUntilExecuted(fixture, { attributes: "NOCREATEROLE" });
    expect(statement).toMatch(/^ALTER ROLE "admin_\d+" CREATEROLE$/);
  });

  test("statements for roles whose names are special", async () => {
    const username = `O'Brien "x" %s ${fixture.version}`;
    await refusedUntilExecuted(fixture, { username, attributes: "NOCREATEROLE", administers: false });
  });

  test("a user who is a superuser: refused, unless the master is one as well", async () => {
    const users = await newPair(fixture);
    await server.query(`ALTER ROLE ${users.username} SUPERUSER`);

    const failure = await failedRotation(fixture.stack, users.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "missing-privilege" });
    expect(failure.message).toContain(`ALTER ROLE "${users.username}" NOSUPERUSER`);
    await server.query(`ALTER ROLE ${users.master.username} SUPERUSER`);
    expect(await reattempt(fixture.stack, users.arn)).toBe(true);
    await using session = await openCurrent(fixture, users);
    expect(await column(session, "SELECT current_setting('is_superuser')")).toEqual(["on"]);
  });

  test("a master who acts as another role has that one's privileges", async () => {
    const users = await newPair(fixture, { attributes: "NOCREATEROLE", administers: false });
    const dba = `dba_of_${users.username}`;
    const option = fixture.version === "15" ? "" : `; GRANT ${users.username} TO ${dba} WITH ADMIN OPTION`;
    await server.query(`CREATE ROLE ${dba} CREATEROLE; GRANT ${dba} TO ${users.master.username} ${option}`);
    await server.query(`ALTER ROLE ${users.master.username} SET role TO ${dba}`);

    for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);
  });

  test("does not allow logins again for a user that has lost LOGIN", async () => {
    const users = await newPair(fixture);
    await rotated(fixture, users);
    await server.query(`ALTER ROLE ${users.username} NOLOGIN`);

    const failure = await failedRotation(fixture.stack, users.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "login-not-allowed" });
    const [, statement = ""] = /run as an administrator: (.+)$/.exec(failure.message) ?? [];
    await server.query(statement);
    expect(await reattempt(fixture.stack, users.arn)).toBe(true);
  });

  test("where sessions are read-only by default, a rotation writes all the same", async () => {
    await server.query("CREATE DATABASE reports");
    await server.query("ALTER DATABASE reports SET default_transaction_read_only TO on");
    const users = await newPair(fixture, { secret: { dbname: "reports" } });

    for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);
  });
});

test("a master without ADMIN OPTION: refused with the statement that gives it", async () => {
  const [fixture] = servers;
  if (fixture === undefined) return expect.fail("The first server is the newest.");
  const statement = await refusedUntilExecuted(fixture, { administers: false });
  expect(statement).toMatch(/^GRANT "user_\d+" TO "admin_\d+" WITH ADMIN OPTION$/);

  const both = await refusedUntilExecuted(fixture, { administers: false, attributes: "NOCREATEROLE" });
  expect(both).toMatch(
    /^ALTER ROLE "admin_\d+" CREATEROLE; GRANT "user_\d+" TO "admin_\d+" WITH ADMIN OPTION$/,
  );
});

test("a clone that another master has made: refused with the statement for it", async () => {
  const [fixture] = servers;
  if (fixture === undefined) return expect.fail("The first server is the newest.");
  const users = await newPair(fixture);
  await rotated(fixture, users);
  await rotated(fixture, users);
  const { server } = fixture.database;
  await server.query(
    `REVOKE ${escapeIdentifier(users.clone)} FROM ${users.master.username} GRANTED BY postgres`,
  );

  const { message } = await failedRotation(fixture.stack, users.arn);

  const [, statement = ""] = /Run as an administrator: (.+)$/.exec(message) ?? [];
  expect(statement).toBe(`GRANT "${users.clone}" TO "${users.master.username}" WITH ADMIN OPTION`);
  await server.query(statement);
  expect(await reattempt(fixture.stack, users.arn)).toBe(true);
});

test("a standby is reported before the first write; when it is the primary, the same token goes through", async () => {
  await using database = await startDatabase();
  await using stack = await startMasterStack(database);
  const fixture = { database, stack };
  const users = await newPair(fixture);
  await writeFile(join(database.server.directory, "data", "standby.signal"), "");
  await database.server.restart();

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "read-only" });
  expect(failure.message).toContain("primary");
  expect(await database.server.log()).not.toMatch(/STATEMENT: {2}(CREATE|ALTER|GRANT)/);
  await database.server.query("SELECT pg_promote()");
  expect(await reattempt(stack, users.arn)).toBe(true);
});
