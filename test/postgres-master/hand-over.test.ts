import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { awsFunction } from "./aws-function.ts";
import { type Lab, startLab } from "./lab.ts";
import {
  column,
  execute,
  newPair,
  openCurrent,
  rotated,
  rotatedTwice,
  type Users,
  type UsersOptions,
  whoIs,
} from "./pairs.ts";

/** Clones of AWS's function act as themselves, so that what they make is their own. */

await using started = new AsyncDisposableStack();
const labs = await Promise.all(
  ["18", "15"].map(async (version) => {
    const lab = started.use(await startLab({ version }));
    await lab.server.query("CREATE DATABASE archive");
    return Object.assign(lab, { version });
  }),
);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

/** The clone is current, made by AWS's function. */
async function pairOfAws(
  { database, stepwise, server, fixture }: Lab,
  options?: UsersOptions,
): Promise<Users & { schema: string }> {
  const users = await newPair(fixture, options);
  const schema = `of_${users.username}`;
  await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${users.username}`);
  await awsFunction(database, stepwise).rotate(users.arn);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.clone });
  return { ...users, schema };
}

/** What an error message tells an administrator to run, by the name of the database. */
function statementsIn(message: string): [database: string, statements: string][] {
  const [, remedy = ""] = /Run as an administrator (in .+)$/.exec(message) ?? [];
  return remedy.split(/ - (?=in "\w+": )/).map((part) => {
    const [, database = "", statements = ""] = /^in "(\w+)": (.+)$/.exec(part) ?? [];
    return [database, statements];
  });
}

async function paste({ server }: Lab, message: string): Promise<void> {
  for (const [database, statements] of statementsIn(message)) {
    await using administrator = await server.connect(database);
    await administrator.query(statements);
  }
}

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

  test.for(UNSAFE)("never hands over %s: an administrator decides", async ([, statements]) => {
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

  test.for([
    ["does not inherit", "NOINHERIT", ""],
    ["has granted itself INHERIT", "", "INHERIT TRUE, SET FALSE"],
    ["has granted itself SET", "", "INHERIT FALSE, SET TRUE"],
  ])("a master user who %s is as before afterward", async ([, attribute = "", own = ""], { skip }) => {
    skip(version === "15", "Before PostgreSQL 16 a member inherits from all roles, or from none.");
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
