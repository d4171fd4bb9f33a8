import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { startLab } from "./lab.ts";
import { column, newPair, openCurrent, rotated, rotatedTwice, warnings, whoIs } from "./pairs.ts";

/** Before 16.6 a session forgets with DISCARD ALL as whom it was set to act. */
const OLD = "16.4";

const lab = await startLab({ version: OLD });
const { stack, fixture, server } = lab;

afterAll(() => lab[Symbol.asyncDispose]());

test("a clone acts as the user until DISCARD ALL, and the log says to update the server", async () => {
  const users = await newPair(fixture);
  await server.query(`CREATE SCHEMA shop AUTHORIZATION ${users.username}`);

  for (let rotation = 1; rotation <= 4; rotation++) {
    await rotated(fixture, users);
    expect((await whoIs(fixture, users)).acts).toBe(users.username);
  }

  const ours = warnings(stack, users);
  expect(ours).toHaveLength(2);
  expect(ours[0]).toMatch(/^PostgreSQL 16\.4 forgets after DISCARD ALL.*update the server/);
});

test("what a clone makes after DISCARD ALL is its own, and handed over by the next rotation", async () => {
  const users = await newPair(fixture);
  const schema = `of_${users.username}`;
  await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${users.username}`);
  await rotated(fixture, users);
  await using session = await openCurrent(fixture, users);
  await session.query("DISCARD ALL");
  await session.query(`CREATE TABLE ${schema}.orders (id INT)`);
  const owner = `SELECT tableowner FROM pg_tables WHERE schemaname = '${schema}'`;
  expect(await column(server, owner)).toEqual([users.clone]);

  await rotated(fixture, users);

  expect(await column(server, owner)).toEqual([users.username]);
  await session.query(`ALTER TABLE ${schema}.orders ADD COLUMN more INT`);
});

test("attributes that SET ROLE would give are copied, and taken away again", async () => {
  const users = await newPair(fixture, { attributes: "CREATEROLE CREATEDB" });
  await server.query(`ALTER ROLE ${users.username} CREATEDB`);
  await rotated(fixture, users);
  await using session = await openCurrent(fixture, users);
  await session.query("DISCARD ALL");
  await session.query("CREATE DATABASE made_by_clone");
  await server.query(`ALTER DATABASE made_by_clone OWNER TO ${users.username}`);

  await rotated(fixture, users);
  await server.query(`ALTER ROLE ${users.username} NOCREATEDB`);
  await rotated(fixture, users);

  expect(await column(server, `SELECT rolcreatedb FROM pg_roles WHERE rolname = '${users.clone}'`)).toEqual([
    false,
  ]);
});

test("an attribute that is taken from the user while its clone is current stops the rotation, with the statement", async () => {
  const users = await newPair(fixture, { attributes: "CREATEROLE CREATEDB" });
  await server.query(`ALTER ROLE ${users.username} CREATEDB CONNECTION LIMIT 9`);
  await rotated(fixture, users);
  await server.query(`ALTER ROLE ${users.username} NOCREATEDB CONNECTION LIMIT 8`);

  const { reason, message } = await failedRotation(stack, users.arn);

  expect(reason).toBe("privilege-mismatch");
  const [, statement = ""] = /Run as an administrator: (.+)$/.exec(message) ?? [];
  expect(statement).toBe(`ALTER ROLE "${users.clone}" NOCREATEDB`);
  await server.query(statement);
  expect(await reattempt(stack, users.arn)).toBe(true);
  await rotated(fixture, users);
  const { rows } = await server.query("SELECT rolcreatedb, rolconnlimit FROM pg_roles WHERE rolname = $1", [
    users.clone,
  ]);
  expect(rows).toEqual([{ rolcreatedb: false, rolconnlimit: 8 }]);
});

test("a clone whose membership does not carry the privileges over gets one that does", async () => {
  const users = await newPair(fixture);
  await server.query(`CREATE ROLE ${users.clone} LOGIN NOINHERIT`);
  await server.query(`GRANT ${users.username} TO ${users.clone} WITH INHERIT FALSE, SET TRUE`);
  await server.query(`GRANT ${users.clone} TO ${users.master.username} WITH ADMIN OPTION`);
  await server.query(`CREATE TABLE facts (id INT); GRANT SELECT ON facts TO ${users.username}`);

  await rotatedTwice(fixture, users);
  await rotated(fixture, users);

  await using session = await openCurrent(fixture, users);
  await session.query("DISCARD ALL");
  await session.query("SELECT FROM facts");
});
