import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt, tryOut } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { startLab } from "./lab.ts";
import { column, newTwins, openCurrent, rotated, rotatedTwice, warnings, whoIs } from "./twins.ts";

/** Before 16.6 a session forgets with DISCARD ALL as whom it was set to act. */
const OLD = "16.4";

const lab = await startLab({ version: OLD });
const { driven, stack, fixture, server } = lab;

afterAll(() => lab[Symbol.asyncDispose]());

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

test("attributes that change for the user while its clone is current stop no rotation", async () => {
  const twins = await newTwins(fixture, { attributes: "CREATEROLE CREATEDB" });
  await server.query(`ALTER ROLE ${twins.username} CREATEDB CONNECTION LIMIT 9`);
  await rotated(fixture, twins);
  await server.query(`ALTER ROLE ${twins.username} NOCREATEDB CONNECTION LIMIT 8`);
  await rotatedTwice(fixture, twins);
  await server.query(`ALTER ROLE ${twins.username} CREATEDB`);

  await rotatedTwice(fixture, twins);

  const { rows } = await server.query("SELECT rolcreatedb, rolconnlimit FROM pg_roles WHERE rolname = $1", [
    twins.clone,
  ]);
  expect(rows).toEqual([{ rolcreatedb: true, rolconnlimit: 8 }]);
});

test.for([
  ["is next, it gets no password", 0],
  ["is current, its user is not promoted, who would lack it", 1],
] as const)(
  "a privilege that somebody has granted to the clone alone: when the clone %s, until it is revoked",
  async ([, rotations]) => {
    const twins = await newTwins(fixture);
    const { username, clone } = twins;
    const payroll = `payroll_${username}`;
    await rotated(fixture, twins);
    if (rotations === 0) await rotated(fixture, twins);
    const next = rotations === 0 ? clone : username;
    const before = await storedPassword(server, next);
    await server.query(`CREATE TABLE ${payroll} (id INT, amount INT)`);
    await server.query(`GRANT SELECT ON ${payroll} TO pg_monitor WITH GRANT OPTION`);
    await server.query(
      `SET ROLE pg_monitor; GRANT SELECT ON ${payroll} TO ${clone}; RESET ROLE; GRANT INSERT ON ${payroll} TO ${clone}`,
    );

    const failure = await failedRotation(stack, twins.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
    expect(failure.message).toContain(`INSERT ON TABLE public.${payroll}, SELECT ON TABLE public.${payroll}`);
    expect(await storedPassword(server, next)).toBe(before);
    const [, statements = ""] = /un as an administrator: (.+)$/.exec(failure.message) ?? [];
    await server.query(statements);
    expect(await reattempt(stack, twins.arn)).toBe(true);
    await rotatedTwice(fixture, twins);
  },
);

test("such a privilege that is granted after setSecret is found by testSecret", async () => {
  const twins = await newTwins(fixture);
  const token = await driven.stage(twins.arn);
  for (const step of ["createSecret", "setSecret"] as const) await driven.invoke(step, twins.arn, token);
  await server.query(`CREATE SCHEMA late; GRANT USAGE ON SCHEMA late TO ${twins.clone}`);

  await expect(driven.invoke("testSecret", twins.arn, token)).rejects.toThrow(
    "The pending user has USAGE ON SCHEMA late.",
  );
});

test("a privilege of the clone that its user has as well, however, is none too many", async () => {
  const twins = await newTwins(fixture);
  const { username, clone } = twins;
  await rotated(fixture, twins);
  await server.query(`CREATE ROLE readers; GRANT readers TO ${username}`);
  for (const [table, others] of [
    ["owned", `ALTER TABLE owned OWNER TO ${username}`],
    ["granted", `GRANT SELECT ON granted TO ${username}`],
    ["shared", "GRANT SELECT ON shared TO readers"],
    ["everybodys", "GRANT SELECT ON everybodys TO PUBLIC"],
  ]) {
    await server.query(`CREATE TABLE ${table} (id INT)`);
    await server.query(`GRANT SELECT, SELECT (id) ON ${table} TO ${clone}; ${others}`);
  }

  await rotatedTwice(fixture, twins);

  await server.query(`GRANT SELECT ON granted TO ${clone} WITH GRANT OPTION`);
  const { message } = await failedRotation(stack, twins.arn);
  expect(message).toContain("has SELECT ON TABLE public.granted WITH GRANT OPTION, which");
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
