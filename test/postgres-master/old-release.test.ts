import { afterAll, expect, test } from "vitest";
import { startDatabase } from "../support/fixture.ts";
import { tryOut } from "../support/operator.ts";
import { column, newTwins, openCurrent, rotated, startMasterStack, warnings, whoIs } from "./twins.ts";

/** Before 16.6 a session forgets with DISCARD ALL as whom it was set to act. */
const OLD = "16.4";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase({ version: OLD }));
const stack = started.use(await startMasterStack(database));
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;

afterAll(() => cleanUp.disposeAsync());

test("a server below the limits has clones that are plain members, and the log says to update it", async () => {
  const twins = await newTwins(fixture);
  await server.query(`CREATE SCHEMA shop AUTHORIZATION ${twins.username}`);
  await server.query(`ALTER ROLE ${twins.username} CONNECTION LIMIT 9`);

  for (let rotation = 1; rotation <= 4; rotation++) {
    await rotated(fixture, twins);
    const { login, acts } = await whoIs(fixture, twins);
    expect(acts).toBe(login);
    await using session = await openCurrent(fixture, twins);
    await session.query("CREATE TABLE IF NOT EXISTS shop.orders (id INT)");
    await session.query("DISCARD ALL");
  }

  expect(warnings(stack, twins)).toEqual(
    Array(2).fill(
      `PostgreSQL 16.4 loses the setting by which ${twins.clone} acts as ${twins.username}, so that what it makes ` +
        "stays its own: update the server to the newest minor release",
    ),
  );
  const { rows } = await server.query("SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = $1", [
    twins.clone,
  ]);
  expect(rows).toEqual([{ rolconnlimit: 9, rolconfig: null }]);
});

test("attributes that a plain member does not get by its membership are copied, and taken away again", async () => {
  const twins = await newTwins(fixture, { attributes: "CREATEROLE CREATEDB" });
  await server.query(`ALTER ROLE ${twins.username} CREATEDB`);
  await rotated(fixture, twins);
  await using session = await openCurrent(fixture, twins);
  await session.query("CREATE DATABASE made_by_clone");

  await rotated(fixture, twins);
  await server.query(`ALTER ROLE ${twins.username} NOCREATEDB`);
  await rotated(fixture, twins);

  expect(await column(server, `SELECT rolcreatedb FROM pg_roles WHERE rolname = '${twins.clone}'`)).toEqual([
    false,
  ]);
});

test("a clone that was set to act as the user is so no more, as the setting would hold only now and then", async () => {
  const twins = await newTwins(fixture);
  await rotated(fixture, twins);
  await server.query(`ALTER ROLE ${twins.clone} SET role TO ${twins.username}`);
  await rotated(fixture, twins);
  await rotated(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.clone });
});

test("a clone whose membership does not carry the privileges over is not promoted, and gets one that does", async () => {
  const twins = await newTwins(fixture);
  await server.query(`CREATE ROLE ${twins.clone} LOGIN NOINHERIT`);
  await server.query(`GRANT ${twins.username} TO ${twins.clone} WITH INHERIT FALSE, SET TRUE`);
  await server.query(`GRANT ${twins.clone} TO ${twins.master.username} WITH ADMIN OPTION`);
  await server.query(`CREATE TABLE facts (id INT)`);
  await server.query(`GRANT SELECT ON facts TO ${twins.username}`);

  await rotated(fixture, twins);

  await using session = await openCurrent(fixture, twins);
  await session.query("SELECT FROM facts");
  expect(await tryOut(stack, twins.arn)).toBe(true);
});
