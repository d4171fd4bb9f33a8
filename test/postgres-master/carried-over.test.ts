import { escapeIdentifier } from "pg";
import { afterAll, expect, test } from "vitest";
import { startDatabase } from "../support/fixture.ts";
import { tryOut } from "../support/operator.ts";
import { alteredPair, limitsOf, settingsOf } from "./alterations.ts";
import { column, newPair, openCurrent, rotated, startMasterStack, warnings } from "./pairs.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const stack = started.use(await startMasterStack(database));
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;
await server.query("CREATE DATABASE sales");

afterAll(() => cleanUp.disposeAsync());

test("V27 connection limit, expiry and settings follow, and follow again when they change", async () => {
  const users = await alteredPair(fixture, [
    "CONNECTION LIMIT 7",
    "VALID UNTIL '2999-12-31 12:00+05:30'",
    "SET statement_timeout TO '5s'",
    "IN DATABASE sales SET statement_timeout TO '9s'",
    "IN DATABASE sales SET work_mem TO '8MB'",
  ]);
  await rotated(fixture, users);
  expect(await limitsOf(fixture, users.clone)).toEqual(await limitsOf(fixture, users.username));
  expect(await settingsOf(fixture, users.clone)).toEqual([
    ": statement_timeout=5s",
    "sales: statement_timeout=9s",
    "sales: work_mem=8MB",
  ]);

  await rotated(fixture, users);
  for (const change of [
    "CONNECTION LIMIT -1",
    "VALID UNTIL 'infinity'",
    "RESET statement_timeout",
    "IN DATABASE sales RESET ALL",
    "SET lock_timeout TO '1s'",
  ]) {
    await server.query(`ALTER ROLE ${users.username} ${change}`);
  }
  await rotated(fixture, users);

  expect(await settingsOf(fixture, users.clone)).toEqual([": lock_timeout=1s"]);
  expect(await limitsOf(fixture, users.clone)).toMatchObject({ rolconnlimit: -1, rolvaliduntil: Infinity });
  expect(warnings(stack, users)).toEqual([]);
});

test("V27 an expiry is the same moment where time zones are written as abbreviations", async () => {
  // PostgreSQL 18 reads IST as the session's time zone does; before, it is Israel's whoever writes it.
  await using older = await startDatabase({ version: "15" });
  await using olderStack = await startMasterStack(older);
  const users = await newPair({ database: older, stack: olderStack });
  await older.server.query(`ALTER ROLE ${users.username} VALID UNTIL '2030-06-01 12:00+00'`);
  for (const setting of ["DateStyle TO 'German'", "TimeZone TO 'Asia/Kolkata'"]) {
    await older.server.query(`ALTER ROLE ${users.master.username} SET ${setting}`);
  }

  await rotated({ database: older, stack: olderStack }, users);

  const until = "SELECT DISTINCT rolvaliduntil FROM pg_roles WHERE rolvaliduntil IS NOT NULL";
  expect(await column(older.server, until)).toEqual([new Date("2030-06-01T12:00Z")]);
});

test("a user that acts as another role from its login on has a clone that acts as that one", async () => {
  const users = await newPair(fixture);
  await server.query("CREATE ROLE shop_owner");
  await server.query(`GRANT shop_owner TO ${users.username}`);
  await server.query(`ALTER ROLE ${users.username} SET role TO shop_owner`);

  for (let rotation = 1; rotation <= 3; rotation++) {
    await rotated(fixture, users);
    await using session = await openCurrent(fixture, users);
    expect(await column(session, "SELECT current_user")).toEqual(["shop_owner"]);
  }

  await server.query(`ALTER ROLE ${users.username} RESET role`);
  await rotated(fixture, users);
  await rotated(fixture, users);
  await using session = await openCurrent(fixture, users);
  expect(await column(session, "SELECT session_user || ' as ' || current_user")).toEqual([
    `${users.clone} as ${users.username}`,
  ]);
});

test("the role that a user acts as in one database is the clone's there, and nowhere else", async () => {
  const users = await newPair(fixture);
  await server.query("CREATE ROLE sales_owner");
  await server.query(`GRANT sales_owner TO ${users.username}`);
  await server.query(`ALTER ROLE ${users.username} IN DATABASE sales SET role TO sales_owner`);

  await rotated(fixture, users);

  await using here = await openCurrent(fixture, users);
  await using there = await openCurrent(fixture, users, "sales");
  expect(await column(here, "SELECT current_user")).toEqual([users.username]);
  expect(await column(there, "SELECT current_user")).toEqual(["sales_owner"]);
});

test("NOINHERIT is not the clone's: where only the user may connect, the clone may as well", async () => {
  await server.query("CREATE DATABASE vault");
  await server.query("REVOKE CONNECT ON DATABASE vault FROM PUBLIC");
  const users = await alteredPair(fixture, ["NOINHERIT"], { secret: { dbname: "vault" } });
  for (const name of [users.username, users.master.username]) {
    await server.query(`GRANT CONNECT ON DATABASE vault TO ${escapeIdentifier(name)}`);
  }

  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

  await using session = await openCurrent(fixture, users, "vault");
  expect(await column(session, "SELECT current_user")).toEqual([users.username]);
});

test("RotateImmediately=false passes, and changes nothing, before the first rotation and after it", async () => {
  const users = await alteredPair(fixture, ["CONNECTION LIMIT 7"]);
  expect(await tryOut(stack, users.arn)).toBe(true);
  expect((await server.query("SELECT FROM pg_roles WHERE rolname = $1", [users.clone])).rowCount).toBe(0);
  await rotated(fixture, users);
  await server.query(`ALTER ROLE ${users.username} CONNECTION LIMIT 8`);
  expect(await tryOut(stack, users.arn)).toBe(true);
  expect(await limitsOf(fixture, users.clone)).toMatchObject({ rolconnlimit: 7 });
});
