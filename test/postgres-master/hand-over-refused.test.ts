import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { pairOfAws, paste, startLabs } from "./clones-of-aws.ts";
import { column, execute, openCurrent, rotated, rotatedTwice, whoIs } from "./pairs.ts";

const labs = await startLabs();

afterAll(() => labs[Symbol.asyncDispose]());

/** What would run with the rights of its new owner, and the statements that make it. */
const UNSAFE: [what: string, statements: (schema: string) => string[]][] = [
  [
    "a SECURITY DEFINER function",
    (schema) => [`CREATE FUNCTION ${schema}.f() RETURNS INT SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'`],
  ],
  ["a view", (schema) => [`CREATE VIEW ${schema}.v AS SELECT 1 AS one`]],
  ["a materialized view", (schema) => [`CREATE MATERIALIZED VIEW ${schema}.m AS SELECT 1 AS one`]],
  [
    "a table with a rule",
    (schema) => [
      `CREATE TABLE ${schema}.t (id INT)`,
      `CREATE RULE r AS ON INSERT TO ${schema}.t DO ALSO SELECT 1`,
    ],
  ],
  [
    "a table with an index over a function of its own",
    (schema) => [
      `CREATE FUNCTION ${schema}.f(INT) RETURNS INT IMMUTABLE LANGUAGE sql AS 'SELECT 1'`,
      `CREATE TABLE ${schema}.t (id INT)`,
      `CREATE INDEX ON ${schema}.t (${schema}.f(id))`,
    ],
  ],
  [
    "a table with a trigger that runs a function of its own",
    (schema) => [
      `CREATE FUNCTION ${schema}.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
      `CREATE TABLE ${schema}.t (id INT)`,
      `CREATE TRIGGER t BEFORE INSERT ON ${schema}.t FOR EACH ROW EXECUTE FUNCTION ${schema}.f()`,
    ],
  ],
  [
    "a table with a domain that checks by a function of its own",
    (schema) => [
      `CREATE FUNCTION ${schema}.f(INT) RETURNS BOOLEAN IMMUTABLE LANGUAGE sql AS 'SELECT true'`,
      `CREATE DOMAIN ${schema}.d AS INT CHECK (${schema}.f(VALUE))`,
      `CREATE TABLE ${schema}.t (id ${schema}.d)`,
    ],
  ],
];

describe.for(labs)("PostgreSQL $version", (lab) => {
  const { fixture, stack, server, version } = lab;
  const isNewest = version === "18";

  test("what the clone alone was granted stops setSecret; the statements in the error lose nothing", async () => {
    const users = await pairOfAws(lab);
    const { schema, clone, username, arn } = users;
    const reader = `${schema}_reader`;
    await server.query(
      `CREATE ROLE ${reader}; CREATE TABLE ${schema}_facts (id INT);
       GRANT SELECT ON ${schema}_facts TO ${clone} WITH GRANT OPTION;
       CREATE TABLE ${schema}_rows (id INT); ALTER TABLE ${schema}_rows ENABLE ROW LEVEL SECURITY;
       GRANT SELECT ON ${schema}_rows TO ${username}; INSERT INTO ${schema}_rows VALUES (1);
       CREATE POLICY "some rows" ON ${schema}_rows TO ${clone}, ${reader} USING (true);
       ALTER DEFAULT PRIVILEGES FOR ROLE ${clone} IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${reader};
       ALTER DEFAULT PRIVILEGES FOR ROLE ${clone} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
       CREATE FOREIGN DATA WRAPPER ${schema}_w; CREATE SERVER ${schema}_s FOREIGN DATA WRAPPER ${schema}_w;
       CREATE USER MAPPING FOR ${clone} SERVER ${schema}_s OPTIONS (password 'it''s');
       CREATE TYPE ${schema}_kind AS ENUM (); REVOKE USAGE ON TYPE ${schema}_kind FROM PUBLIC;
       GRANT USAGE ON TYPE ${schema}_kind TO ${clone}; GRANT TEMPORARY ON DATABASE archive TO ${clone} WITH GRANT OPTION;
       SET ROLE ${clone}; GRANT SELECT ON ${schema}_facts TO ${reader}`,
    );
    const before = await storedPassword(server, username);

    const { reason, message } = await failedRotation(stack, arn);

    expect(reason).toBe("privilege-mismatch");
    expect(await storedPassword(server, username)).toBe(before);
    expect(message).not.toContain("DROP OWNED");
    expect(message).not.toContain("it's");
    await execute(fixture, users, `SELECT FROM ${schema}_facts`);
    await paste(lab, message);
    expect(await reattempt(stack, arn)).toBe(true);
    for (const _user of ["user", "clone"]) {
      await execute(fixture, users, `SELECT FROM ${schema}_facts`);
      expect(await column(await openCurrent(fixture, users), `SELECT id FROM ${schema}_rows`)).toEqual([1]);
      await rotated(fixture, users);
    }
    const kept = `SELECT has_table_privilege('${reader}', '${schema}_facts', 'SELECT'),
      (SELECT array_agg(umoptions::text) FROM pg_user_mappings WHERE srvname = '${schema}_s' AND usename = '${username}') AS options,
      (SELECT count(*)::int FROM pg_default_acl WHERE defaclrole = '${username}'::regrole) AS defaults`;
    expect((await server.query(kept)).rows).toEqual([
      { has_table_privilege: true, options: ["{password=it's}"], defaults: 2 },
    ]);
  });

  const unsafe = UNSAFE.filter(([what]) => isNewest || what === "a SECURITY DEFINER function");
  test.for(unsafe)("never hands over %s: an administrator decides", async ([, statements]) => {
    const users = await pairOfAws(lab);
    const { schema, username, arn } = users;
    await execute(fixture, users, ...statements(schema));
    const before = await storedPassword(server, username);

    const { reason, message } = await failedRotation(stack, arn);

    expect(reason).toBe("privilege-mismatch");
    expect(message).toContain(`would run with the rights of ${username}: check them`);
    expect(await storedPassword(server, username)).toBe(before);
    await paste(lab, message);
    expect(await reattempt(stack, arn)).toBe(true);
  });

  test("an application makes tables while the statements in the error are executed: none of them is lost", async () => {
    const users = await pairOfAws(lab);
    const { schema, arn } = users;
    await execute(fixture, users, `CREATE VIEW ${schema}.v AS SELECT 1 AS one`);
    const { message } = await failedRotation(stack, arn);
    await using application = await openCurrent(fixture, users);
    const made: string[] = [];
    let working = true;
    const work = (async () => {
      while (working) {
        const name = `t_${made.length}`;
        await application.query(
          `CREATE TABLE ${schema}.${name} (id INT); INSERT INTO ${schema}.${name} VALUES (1)`,
        );
        made.push(name);
        await wait(5);
      }
    })();

    while (made.length < 10) await wait(5);
    await paste(lab, message);
    while (made.length < 30) await wait(5);
    working = false;
    await work;

    expect(await reattempt(stack, arn)).toBe(true);
    await rotatedTwice(fixture, users);
    for (const name of made) await execute(fixture, users, `DROP TABLE ${schema}.${name}`);
    expect(made.length).toBeGreaterThanOrEqual(30);
  });

  if (isNewest)
    test("a table in use is waited for a moment only, and handed over by the next attempt", async () => {
      const users = await pairOfAws(lab);
      await execute(fixture, users, `CREATE TABLE ${users.schema}.busy (id INT)`);
      await using report = await server.connect();
      await report.query("BEGIN");
      await report.query(`SELECT FROM ${users.schema}.busy`);

      const failure = await failedRotation(stack, users.arn);

      expect(failure).toMatchObject({ step: "setSecret", reason: "locked" });
      await report.query("COMMIT");
      expect(await reattempt(stack, users.arn)).toBe(true);
      expect((await whoIs(fixture, users)).login).toBe(users.username);
    });

  test("an event trigger that forbids DDL stops setSecret before the password, and AWSCURRENT goes on working", async () => {
    const users = await pairOfAws(lab);
    const { schema, username, arn } = users;
    await execute(fixture, users, `CREATE TABLE ${schema}.orders (id INT)`);
    await server.query(
      `CREATE FUNCTION ${schema}_forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'frozen'; END $$;
       CREATE EVENT TRIGGER ${schema}_frozen ON ddl_command_start EXECUTE FUNCTION ${schema}_forbid()`,
    );
    const before = await storedPassword(server, username);

    const { reason, message } = await failedRotation(stack, arn);

    expect(reason).toBe("privilege-mismatch");
    expect(message).toContain(`REASSIGN OWNED BY "${users.clone}" TO "${username}"`);
    expect(await storedPassword(server, username)).toBe(before);
    await execute(fixture, users, `INSERT INTO ${schema}.orders VALUES (1)`);
    await server.query(`DROP EVENT TRIGGER ${schema}_frozen`);
    expect(await reattempt(stack, arn)).toBe(true);
  });

  test("a database that the master user may not enter stops setSecret, with the statement", async () => {
    const users = await pairOfAws(lab);
    await server.query(`CREATE DATABASE closed_${version}`);
    await using closed = await server.connect(`closed_${version}`);
    await closed.query(
      `REVOKE CONNECT ON DATABASE closed_${version} FROM PUBLIC;
       CREATE SCHEMA own AUTHORIZATION ${users.username};
       CREATE TABLE own.own (id INT); ALTER TABLE own.own OWNER TO ${users.clone}`,
    );

    const { message } = await failedRotation(stack, users.arn);

    expect(message).toContain("may not connect to see");
    await paste(lab, message);
    expect(await reattempt(stack, users.arn)).toBe(true);
  });
});
