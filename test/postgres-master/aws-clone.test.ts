import { afterAll, expect, test } from "vitest";
import { awsFunction } from "./aws-function.ts";
import { startLab } from "./lab.ts";
import {
  column,
  execute,
  newTwins,
  openCurrent,
  rotated,
  rotatedTwice,
  type Twins,
  type TwinsOptions,
  warnings,
  whoIs,
} from "./twins.ts";

const lab = await startLab();
const { database, driven, stack, fixture, server } = lab;
const aws = awsFunction(database, driven);
await server.query("CREATE DATABASE archive");

afterAll(() => lab[Symbol.asyncDispose]());

/** The clone is current, made by AWS's function, and acts as nobody but itself. */
async function twinsOfAws(options?: TwinsOptions): Promise<Twins & { schema: string }> {
  const twins = await newTwins(fixture, options);
  const schema = `of_${twins.username}`;
  await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${twins.username}`);
  await aws.rotate(twins.arn);
  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.clone });
  return { ...twins, schema };
}

async function memberships(): Promise<unknown[]> {
  const { rows } = await server.query(
    `SELECT roleid::regrole::text, member::regrole::text, grantor::regrole::text, admin_option, inherit_option,
            set_option FROM pg_auth_members ORDER BY 1, 2, 3`,
  );
  return rows;
}

test("what it made in the secret's database, and what it was granted there, is handed over to the user", async () => {
  const twins = await twinsOfAws();
  const { schema, clone, username } = twins;
  await server.query(`CREATE SCHEMA ${schema}_shared`);
  await server.query(`CREATE TABLE ${schema}_shared.facts (id INT, "odd name" TEXT)`);
  for (const grant of [
    `CREATE, USAGE ON SCHEMA ${schema}_shared`,
    `SELECT ON ${schema}_shared.facts`,
    `UPDATE ("odd name") ON ${schema}_shared.facts`,
  ]) {
    await server.query(`GRANT ${grant} TO ${clone}`);
  }
  await server.query(`ALTER SCHEMA ${schema}_shared OWNER TO ${username}`);
  await server.query(`ALTER TABLE ${schema}_shared.facts OWNER TO ${username}`);
  await server.query(`REVOKE ALL ON ${schema}_shared.facts FROM ${username}`);
  await execute(
    fixture,
    twins,
    `CREATE TABLE ${schema}.orders (id SERIAL, note TEXT)`,
    `INSERT INTO ${schema}.orders (note) VALUES ('by the clone')`,
    `CREATE FUNCTION ${schema}_shared.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'`,
    `CREATE VIEW ${schema}.notes AS SELECT note FROM ${schema}.orders`,
    "SELECT lo_from_bytea(4711, 'picture')",
  );
  const before = await memberships();

  await rotatedTwice(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: clone, acts: username });
  const works = [
    `INSERT INTO ${schema}.orders (note) SELECT note FROM ${schema}.notes`,
    `ALTER TABLE ${schema}.orders ADD COLUMN more INT DEFAULT ${schema}_shared.one()`,
    `UPDATE ${schema}_shared.facts SET "odd name" = '' WHERE id = 1`,
    "SELECT lo_put(4711, 0, 'another')",
  ];
  await execute(fixture, twins, ...works, `ALTER TABLE ${schema}.orders DROP COLUMN more`);
  await rotated(fixture, twins);
  await execute(fixture, twins, ...works);
  expect(warnings(stack, twins)).toEqual([]);
  // What the master lent itself for it has been given back.
  expect(await memberships()).toEqual(before);
});

test("what is in other databases stops it; the statements in the log, executed there, make it act as the user", async () => {
  const twins = await twinsOfAws();
  const { schema, clone, username } = twins;
  await server.query(`CREATE ROLE ${schema}_reader`);
  await using archive = await server.connect("archive");
  await archive.query(`CREATE TABLE public.${schema}_kept (id INT)`);
  await archive.query(`GRANT SELECT ON public.${schema}_kept TO ${clone}`);
  await archive.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${username}`);
  await server.query(
    `CREATE TYPE public.${schema}_kind AS ENUM (); GRANT USAGE ON TYPE public.${schema}_kind TO ${clone}`,
  );
  await server.query(
    `CREATE TABLE public.${schema}_seen (id INT); GRANT SELECT ON public.${schema}_seen TO ${clone}`,
  );
  await using there = await openCurrent(fixture, twins, "archive");
  await there.query(`CREATE TABLE ${schema}.made (id INT)`);
  await execute(
    fixture,
    twins,
    `CREATE TABLE ${schema}.orders (id INT)`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${schema}_reader`,
  );

  await rotatedTwice(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: clone, acts: clone });
  await execute(fixture, twins, `SELECT * FROM ${schema}.orders`);
  const message = warnings(stack, twins).findLast((warning) => warning.includes("REASSIGN OWNED")) ?? "";
  const remedies = [...message.matchAll(/(?:administrator|-) in (\w+): (.+?)(?= - in |$)/g)];
  expect(remedies.map(([, name]) => name)).toEqual(["archive", "postgres"]);
  await archive.query(`GRANT SELECT ON public.${schema}_kept TO ${username}`);
  for (const [, name, statements = ""] of remedies) {
    await using administrator = await server.connect(name);
    await administrator.query(statements);
  }
  await rotatedTwice(fixture, twins);
  expect(await whoIs(fixture, twins)).toEqual({ login: clone, acts: username });
  for (const _user of ["clone", "user"]) {
    await using session = await openCurrent(fixture, twins, "archive");
    await session.query(`SELECT FROM ${schema}.made, public.${schema}_kept`);
    await execute(fixture, twins, `SELECT FROM public.${schema}_seen`);
    await execute(fixture, twins, `SELECT * FROM ${schema}.orders`);
    await rotated(fixture, twins);
  }
});

test("a table of its own that is in use is waited for a moment only, and handed over another time", async () => {
  const twins = await twinsOfAws();
  await execute(fixture, twins, `CREATE TABLE ${twins.schema}.busy (id INT)`);
  await using report = await server.connect();
  await report.query("BEGIN");
  await report.query(`SELECT FROM ${twins.schema}.busy`);

  await rotatedTwice(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.clone });
  expect(await server.log()).toMatch(
    /canceling statement due to lock timeout\n.*STATEMENT: {2}REASSIGN OWNED/,
  );
  await report.query("COMMIT");
  await rotatedTwice(fixture, twins);
  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
});

test("what it has granted to others in its turn is not taken from them", async () => {
  const twins = await twinsOfAws();
  const { schema, clone, username } = twins;
  await server.query(`CREATE ROLE ${schema}_reader`);
  await server.query(`CREATE TABLE ${schema}.facts (id INT)`);
  await server.query(`ALTER TABLE ${schema}.facts OWNER TO ${username}`);
  await server.query(`GRANT SELECT ON ${schema}.facts TO ${clone} WITH GRANT OPTION`);
  await using byClone = await openCurrent(fixture, twins);
  await byClone.query("SET SESSION AUTHORIZATION DEFAULT");
  await server.query(
    `SET SESSION AUTHORIZATION ${clone}; GRANT SELECT ON ${schema}.facts TO ${schema}_reader`,
  );

  await rotatedTwice(fixture, twins);

  const granted = await server.query(
    `SELECT has_table_privilege('${schema}_reader', '${schema}.facts', 'SELECT')`,
  );
  expect(granted.rows[0].has_table_privilege).toBe(true);
});

test.for([
  ["does not inherit", "NOINHERIT", ""],
  ["has granted itself INHERIT", "", "INHERIT TRUE, SET FALSE"],
  ["has granted itself SET", "", "INHERIT FALSE, SET TRUE"],
])(
  "a master who %s hands over as well, and is as before afterwards",
  async ([, attribute = "", own = ""]) => {
    const twins = await twinsOfAws({ attributes: `CREATEROLE ${attribute}` });
    const { clone, username, schema, master } = twins;
    await execute(
      fixture,
      twins,
      `CREATE TABLE ${schema}.orders (id INT)`,
      `CREATE FUNCTION ${schema}.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'`,
    );
    if (own !== "") {
      for (const role of [clone, username]) {
        await server.query(
          `SET SESSION AUTHORIZATION ${master.username}; GRANT ${role} TO ${master.username} WITH ${own}`,
        );
      }
    }
    const before = await memberships();

    await rotatedTwice(fixture, twins);

    expect(await whoIs(fixture, twins)).toEqual({ login: clone, acts: username });
    expect(await memberships()).toEqual(before);
    expect(await column(await openCurrent(fixture, twins), `SELECT ${schema}.one()`)).toEqual([1]);
  },
);
