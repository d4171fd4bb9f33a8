import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, test, vi } from "vitest";
import { observeCalls } from "../support/calls.ts";
import { type FailedStep, failedRotation } from "../support/failures.ts";
import { type Fixture, startDatabase, startPostgresStack } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { newUser, type User, whatApplicationsUse } from "../support/users.ts";

const database = await startDatabase();
const stack = await startPostgresStack(database);
const fixture = { database, stack };
const { server } = database;

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** The server is unwilling, the rotation fails and changes nothing; the server is cured, the rotation goes through. */
async function refusedUntilCured(
  user: User,
  cure: () => Promise<unknown>,
  where: Fixture = fixture,
): Promise<FailedStep> {
  const before = await whatApplicationsUse(where, user);
  using calls = observeCalls(where.stack);

  const failure = await failedRotation(where.stack, user.arn);
  expect(await whatApplicationsUse(where, user)).toEqual(before);
  expect(calls.writes()).toEqual(["PutSecretValue"]);

  await cure();
  expect(await reattempt(where.stack, user.arn)).toBe(true);
  return failure;
}

test("a role whose CONNECTION LIMIT is used up", async () => {
  const user = await newUser(fixture);
  await server.query(`ALTER ROLE ${user.username} CONNECTION LIMIT 1`);
  const { host, port } = server;
  const ssl = { ca: await readFile(database.caFile, "utf8") };
  const session = new pg.Client({
    host,
    port,
    ssl,
    user: user.username,
    password: user.password,
    database: "postgres",
  });
  await session.connect();

  const failure = await refusedUntilCured(user, () => session.end());

  expect(failure).toMatchObject({ step: "setSecret", reason: "connection-limit" });
  expect(failure.message).toContain("CONNECTION LIMIT");
});

test("a role that may not log in", async () => {
  const user = await newUser(fixture);
  await server.query(`ALTER ROLE ${user.username} NOLOGIN`);

  const failure = await refusedUntilCured(user, () => server.query(`ALTER ROLE ${user.username} LOGIN`));

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-not-allowed" });
  expect(failure.message).toContain("LOGIN");
});

test("a database that does not exist", async () => {
  const user = await newUser(fixture, { secret: { dbname: "sales" } });

  const failure = await refusedUntilCured(user, () => server.query("CREATE DATABASE sales"));

  expect(failure).toMatchObject({ step: "setSecret", reason: "missing-database" });
  expect(failure.message).toContain("dbname");
});

test("a database that the role may not connect to", async () => {
  await server.query("CREATE DATABASE closed");
  await server.query("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
  const user = await newUser(fixture, { secret: { dbname: "closed" } });

  const failure = await refusedUntilCured(user, () =>
    server.query(`GRANT CONNECT ON DATABASE closed TO ${user.username}`),
  );

  expect(failure).toMatchObject({ step: "setSecret", reason: "missing-privilege" });
  expect(failure.message).toContain("GRANT CONNECT ON DATABASE");
});

test("a replica", async () => {
  await using replica = await startDatabase();
  await using itsStack = await startPostgresStack(replica);
  const itsFixture = { database: replica, stack: itsStack };
  const user = await newUser(itsFixture);
  await writeFile(join(replica.server.directory, "data", "standby.signal"), "");
  // It is done when the server takes writes, which is when the replica has been promoted.
  const restarted = replica.server.restart();
  await vi.waitFor(() => replica.server.query("SELECT"), { timeout: 10_000, interval: 20 });

  const failure = await refusedUntilCured(
    user,
    async () => {
      await replica.server.query("SELECT pg_promote()");
      await restarted;
    },
    itsFixture,
  );

  expect(failure).toMatchObject({ step: "setSecret", reason: "read-only" });
  expect(failure.message).toContain("the host of the primary");
});

test("a password that is no longer valid", async () => {
  const user = await newUser(fixture);
  await server.query(`ALTER ROLE ${user.username} VALID UNTIL 'yesterday'`);

  const failure = await refusedUntilCured(user, () =>
    server.query(`ALTER ROLE ${user.username} VALID UNTIL 'infinity'`),
  );

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
});

test("a role that does not exist", async () => {
  const user = await newUser(fixture);
  await server.query(`ALTER ROLE ${user.username} RENAME TO gone`);

  const failure = await failedRotation(stack, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
});

test("a session that the server ends", async () => {
  const user = await newUser(fixture);
  // A login trigger would be shorter, but PostgreSQL has them since 17 only.
  await using administrator = await server.connect();
  await administrator.query("BEGIN");
  await administrator.query(`ALTER ROLE ${user.username} CONNECTION LIMIT 9`);
  const blocked = (async () => {
    for (;;) {
      const { rows } = await administrator.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'",
        [user.username],
      );
      if (rows.length > 0) return administrator.query("ROLLBACK");
      // Within a transaction the view does not change by itself.
      await administrator.query("SELECT pg_stat_clear_snapshot()");
    }
  })();

  const failure = await refusedUntilCured(user, () => blocked);

  expect(failure).toMatchObject({ step: "setSecret", reason: "unavailable" });
});
