import { afterAll, describe, expect, test } from "vitest";
import { pairOfAws, startLabs } from "./clones-of-aws.ts";
import { type Lab, startLab } from "./lab.ts";
import { column, execute, openCurrent, rotated, rotatedTwice, whoIs } from "./pairs.ts";

const labs = await startLabs();

afterAll(() => labs[Symbol.asyncDispose]());

async function memberships({ server }: Lab): Promise<unknown[]> {
  const { rows } = await server.query(
    "SELECT one FROM (SELECT to_jsonb(pg_auth_members) - 'oid' AS one FROM pg_auth_members) AS all_of_them ORDER BY one::text",
  );
  return rows;
}

describe.for(labs)("PostgreSQL $version", (lab) => {
  const { fixture, stack, server, version } = lab;

  test("gives a clone's table to its base user, whatever role the owner of the database has set for all users", async () => {
    const users = await pairOfAws(lab);
    const { schema, username } = users;
    const group = `readers_of_${username}`;
    await using archive = await server.connect("archive");
    await archive.query(`
      CREATE SCHEMA ${schema} AUTHORIZATION ${username};
      CREATE ROLE ${group}; GRANT ${group} TO ${username}; GRANT CREATE, USAGE ON SCHEMA ${schema} TO ${group}`);
    {
      await using there = await openCurrent(fixture, users, "archive");
      await there.query(`CREATE TABLE ${schema}.made (id INT)`);
    }
    await archive.query(`ALTER DATABASE archive SET role TO ${group}`);
    try {
      await stack.rotate(users.arn);
    } finally {
      await archive.query("ALTER DATABASE archive RESET role");
    }

    const { rows } = await archive.query(
      `SELECT relowner::regrole::text AS owner FROM pg_class WHERE oid = '${schema}.made'::regclass`,
    );
    expect(rows).toEqual([{ owner: username }]);
  });

  test("hands over what a clone has made in every database, and both users go on using it", async () => {
    const users = await pairOfAws(lab);
    const { schema, clone, username } = users;
    await using archive = await server.connect("archive");
    await archive.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${username}`);
    await using there = await openCurrent(fixture, users, "archive");
    await there.query(`CREATE TABLE ${schema}.made (id SERIAL)`);
    await execute(
      fixture,
      users,
      `CREATE TABLE ${schema}.orders (id SERIAL PRIMARY KEY, note TEXT)`,
      `CREATE TABLE ${schema}.items (id INT REFERENCES ${schema}.orders)`,
      `CREATE TABLE ${schema}.parts (id INT) PARTITION BY RANGE (id)`,
      `CREATE TABLE ${schema}.part PARTITION OF ${schema}.parts DEFAULT`,
      `CREATE SEQUENCE ${schema}.numbers`,
      `CREATE TYPE ${schema}.state AS ENUM ('open')`,
      `CREATE FUNCTION ${schema}.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'`,
      "SELECT lo_from_bytea(4711, 'picture')",
    );
    const before = await memberships(lab);

    await rotated(fixture, users);

    const works = [
      `INSERT INTO ${schema}.orders (note) VALUES ('x')`,
      `ALTER TYPE ${schema}.state ADD VALUE IF NOT EXISTS 'done'`,
      `ALTER TABLE ${schema}.items ADD COLUMN more INT DEFAULT ${schema}.one()`,
      `ALTER TABLE ${schema}.items DROP COLUMN more`,
      `INSERT INTO ${schema}.parts VALUES (nextval('${schema}.numbers'))`,
      "SELECT lo_put(4711, 0, 'another')",
    ];
    expect(await memberships(lab)).toEqual(before);
    for (const login of [username, clone, username]) {
      expect(await whoIs(fixture, users)).toEqual({ login, acts: username });
      await execute(fixture, users, ...works);
      await using session = await openCurrent(fixture, users, "archive");
      await session.query(`INSERT INTO ${schema}.made DEFAULT VALUES`);
      await rotated(fixture, users);
    }
    await there.query(`ALTER TABLE ${schema}.made ADD COLUMN more INT`);
  });

  test("takes from the clone what the user was granted as well, as the one who has granted it", async () => {
    const users = await pairOfAws(lab);
    const { schema, clone, username } = users;
    await server.query(
      `CREATE TABLE ${schema}.facts (id INT, "odd name" TEXT); ALTER TABLE ${schema}.facts OWNER TO ${username};
       SET ROLE ${username};
       GRANT SELECT ON ${schema}.facts TO ${clone}; GRANT UPDATE ("odd name") ON ${schema}.facts TO ${clone};
       GRANT CREATE, USAGE ON SCHEMA ${schema} TO ${clone}`,
    );

    await rotatedTwice(fixture, users);

    expect(await whoIs(fixture, users)).toEqual({ login: clone, acts: username });
    expect(
      await column(server, `SELECT count(*)::int FROM pg_shdepend WHERE refobjid = '${clone}'::regrole`),
    ).toEqual([0]);
    await execute(fixture, users, `UPDATE ${schema}.facts SET "odd name" = ''`);
  });

  if (version === "18")
    test("hands over a view that runs with the rights of the one who asks", async () => {
      const users = await pairOfAws(lab);
      await execute(
        fixture,
        users,
        `CREATE VIEW ${users.schema}.v WITH (security_invoker = on) AS SELECT 1 AS one`,
      );

      await rotated(fixture, users);

      expect(
        await column(server, `SELECT viewowner FROM pg_views WHERE schemaname = '${users.schema}'`),
      ).toEqual([users.username]);
    });

  // Before PostgreSQL 16 a member inherits from all roles, or from none.
  if (version === "18")
    test.for([
      ["does not inherit", "NOINHERIT", ""],
      ["has granted itself INHERIT", "", "INHERIT TRUE, SET FALSE"],
      ["has granted itself SET", "", "INHERIT FALSE, SET TRUE"],
    ])("a master user who %s is as before afterward", async ([, attribute = "", own = ""]) => {
      const users = await pairOfAws(lab, { attributes: `CREATEROLE ${attribute}` });
      const { clone, username, schema, master } = users;
      await execute(
        fixture,
        users,
        `CREATE TABLE ${schema}.orders (id INT)`,
        `CREATE FUNCTION ${schema}.one() RETURNS INT LANGUAGE sql AS 'SELECT 1'`,
      );
      for (const role of own === "" ? [] : [clone, username]) {
        await server.query(
          `SET SESSION AUTHORIZATION ${master.username}; GRANT ${role} TO ${master.username} WITH ${own}`,
        );
      }
      const before = await memberships(lab);

      await rotatedTwice(fixture, users);

      expect(await whoIs(fixture, users)).toEqual({ login: clone, acts: username });
      expect(await memberships(lab)).toEqual(before);
      expect(await column(await openCurrent(fixture, users), `SELECT ${schema}.one()`)).toEqual([1]);
    });
});

test("hands over 400 partitions in portions that the server has locks for", async () => {
  await using lab = await startLab({
    settings: {
      max_locks_per_transaction: "10",
      max_connections: "12",
      max_worker_processes: "0",
      max_wal_senders: "0",
    },
  });
  const { fixture } = lab;
  const users = await pairOfAws(lab);
  const { schema } = users;
  await execute(
    fixture,
    users,
    `CREATE TABLE ${schema}.log (id INT PRIMARY KEY, note TEXT) PARTITION BY LIST (id)`,
  );
  for (let portion = 0; portion < 8; portion++) {
    const partitions = Array.from({ length: 50 }, (_, index) => portion * 50 + index).map(
      (id) => `CREATE TABLE ${schema}.log_${id} PARTITION OF ${schema}.log FOR VALUES IN (${id})`,
    );
    await execute(fixture, users, ...partitions);
  }

  await rotated(fixture, users);

  const owners = `SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname LIKE 'log%' AND relnamespace = '${schema}'::regnamespace`;
  expect(await column(lab.server, owners)).toEqual([users.username]);
  expect(await lab.server.log()).toContain("out of shared memory");
});
