import { escapeIdentifier } from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { awsFunction } from "./aws-function.ts";
import { startLab } from "./lab.ts";
import { newPair, openAs, openCurrent, rotated, whoIs } from "./pairs.ts";

/** What a server says when somebody's trap was stepped into. */
const TRAP = "stepped into by";

/** Functions that catalog queries like to call, with the very types that make PostgreSQL prefer them. */
const FUNCTIONS = [
  "pg_has_role(oid, text) RETURNS boolean",
  "pg_has_role(name, text) RETURNS boolean",
  "pg_has_role(oid, oid, text) RETURNS boolean",
  "current_setting(text) RETURNS text",
  "current_setting(text, boolean) RETURNS text",
  "set_config(text, text, boolean) RETURNS text",
  "current_database() RETURNS name",
  "now() RETURNS timestamptz",
  "format(text, name, name) RETURNS text",
  "format(text, name) RETURNS text",
  "quote_ident(name) RETURNS text",
  "concat(pg_node_tree, pg_node_tree) RETURNS text",
  "pg_advisory_xact_lock(bigint) RETURNS void",
  "pg_identify_object(oid, oid, integer) RETURNS text",
];

const OPERATORS = ["=", "<>"].flatMap((operator) =>
  ["name, text", "name, name", "oid, oid", "text, text", "integer, integer"].map(
    (types) => [operator, types] as const,
  ),
);

const RELATIONS = [
  "pg_roles",
  "pg_auth_members",
  "pg_db_role_setting",
  "pg_shdepend",
  "pg_database",
  "pg_settings",
];

function traps(schema: string): string[] {
  const trap = (what: string) =>
    `CREATE FUNCTION ${schema}.${what} LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION '${TRAP} %: ${what}', session_user; END $$`;
  return [
    ...FUNCTIONS.map(trap),
    ...OPERATORS.flatMap(([operator, types], index) => {
      const [left, right] = types.split(", ");
      return [
        trap(`operator_${index}(${types}) RETURNS boolean`),
        `CREATE OPERATOR ${schema}.${operator}
           (FUNCTION = ${schema}.operator_${index}, LEFTARG = ${left}, RIGHTARG = ${right})`,
      ];
    }),
    ...RELATIONS.map((name) => `CREATE TABLE ${schema}.${name} (id INT)`),
  ];
}

const lab = await startLab();
const { database, stepwise, fixture, server } = lab;

afterAll(() => lab[Symbol.asyncDispose]());

describe("objects in the public schema that look like the server's own", async () => {
  await server.query("CREATE DATABASE trapped");
  await using administrator = await server.connect("trapped");
  for (const trap of traps("public")) await administrator.query(trap);
  await administrator.query("GRANT CREATE ON SCHEMA public TO PUBLIC");
  await server.query("ALTER DATABASE trapped SET search_path TO public, pg_catalog");

  test("do not run with the master's rights, nor with those of the two users", async () => {
    const users = await newPair(fixture, { secret: { dbname: "trapped" } });
    const aws = awsFunction(database, stepwise);
    await aws.rotate(users.arn);
    await using session = await openCurrent(fixture, users, "trapped");
    await session.query("CREATE TABLE pg_catalog_like (id INT)");

    for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

    expect((await whoIs(fixture, users)).acts).toBe(users.username);
    expect(await server.log()).not.toContain(TRAP);
  });

  test("do not run with the rights of two prepared users either", async () => {
    const users = await newPair(fixture, {
      secret: { dbname: "trapped", alternateUsername: "trapped_peer" },
    });
    await database.createUser("trapped_peer", "its own");
    await server.query(
      `GRANT trapped_peer TO ${users.master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;
       GRANT ${users.username} TO trapped_peer; ALTER ROLE trapped_peer SET role TO ${users.username};
       COMMENT ON ROLE trapped_peer IS 'rotation_partner_of: "${users.username}"'`,
    );

    await rotated(fixture, users);

    expect(await server.log()).not.toContain(TRAP);
  });

  test("control: who asks the catalog without care steps into one", async () => {
    await database.createUser("careless", "password");
    await using session = await openAs(database, "careless", "password", "trapped");

    await expect(
      session.query("SELECT pg_has_role(oid, 'USAGE'::text) FROM pg_catalog.pg_roles"),
    ).rejects.toThrow(TRAP);
    expect(await server.log()).toContain(TRAP);
  });
});

const NAMES = [
  "O'Brien",
  'say "hi"',
  "100%s",
  "Mixed Case",
  "back\\slash",
  "drop; --",
  "$1",
  "ünïcode",
  "select",
];

test.for(NAMES)("a user called %s: three rotations, with all that can be carried over", async (username) => {
  const users = await newPair(fixture, { username, masterSecret: { dbname: undefined } });
  const [user, clone] = [username, `${username}_clone`].map(escapeIdentifier);
  await server.query(`ALTER ROLE ${user} CONNECTION LIMIT 9`);
  await server.query(`ALTER ROLE ${user} IN DATABASE postgres SET work_mem TO '5MB'`);
  await server.query(`CREATE SCHEMA AUTHORIZATION ${user}`);
  await server.query(`CREATE ROLE ${clone} LOGIN; GRANT ${user} TO ${clone}`);
  await server.query(`GRANT ${clone} TO ${users.master.username} WITH ADMIN OPTION`);
  await server.query(`CREATE TABLE ${user}."odd ""table"" %s" ("odd ""column"" %s" INT)`);
  await server.query(`ALTER TABLE ${user}."odd ""table"" %s" OWNER TO ${user}`);
  await server.query(
    `SET ROLE ${user}; GRANT SELECT ("odd ""column"" %s") ON ${user}."odd ""table"" %s" TO ${clone};
     RESET ROLE; CREATE SEQUENCE ${user}."odd ""sequence"" %s"; ALTER SEQUENCE ${user}."odd ""sequence"" %s" OWNER TO ${clone}`,
  );

  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

  expect(await whoIs(fixture, users)).toEqual({ login: `${username}_clone`, acts: username });
});
