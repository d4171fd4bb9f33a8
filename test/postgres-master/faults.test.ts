import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { failedRotation, lastFailure } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { untilBlocked } from "../support/sessions.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";
import { storedPassword } from "../support/users.ts";
import { column, newPair, openAs, openCurrent, rotated, whoIs } from "./pairs.ts";

/** A role that may log in in clear text only, so that a client which does so is seen. */
const CLEAR_TEXT_MASTER = "clear_text_master";

await using started = new AsyncDisposableStack();
const database = started.use(
  await startDatabase({
    accessRules: [
      `hostssl all ${CLEAR_TEXT_MASTER} 127.0.0.1/32 reject`,
      `host all ${CLEAR_TEXT_MASTER} 127.0.0.1/32 trust`,
    ],
  }),
);
const stepwise = await startStepwiseStack(database, { bundle: "postgres-master-user" });
const stack = started.use(stepwise.stack);
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;

afterAll(() => cleanUp.disposeAsync());

/** What a role is, what it may do and how it logs in. */
async function all(role: string): Promise<unknown[]> {
  return column(
    server,
    `SELECT row(pg_authid, (SELECT array_agg(row(roleid, member, admin_option) ORDER BY 1) FROM pg_auth_members
                             WHERE member = pg_authid.oid), rolconfig)::text
       FROM pg_authid JOIN pg_roles USING (oid) WHERE pg_authid.rolname = '${role}'`,
  );
}

function statementIn(message: string): string {
  return /run as an administrator: (.+?)(?: - |$)/i.exec(message)?.[1] ?? expect.fail(message);
}

test("V26 what the clone makes, the user can use after the next rotation", async () => {
  const users = await newPair(fixture);
  await server.query(`GRANT CREATE ON SCHEMA public TO ${users.username}`);
  await rotated(fixture, users);
  await using byClone = await openCurrent(fixture, users);
  await byClone.query("CREATE TABLE public.by_clone (id SERIAL)");
  await byClone.query("INSERT INTO public.by_clone DEFAULT VALUES");

  await rotated(fixture, users);

  await using byUser = await openCurrent(fixture, users);
  await byUser.query("INSERT INTO public.by_clone DEFAULT VALUES");
  await byUser.query("DROP TABLE public.by_clone");
});

test("V28 a clone without the membership is not promoted: the statement that makes it one is in the error", async () => {
  const users = await newPair(fixture);
  await server.query(`CREATE ROLE ${users.clone} LOGIN PASSWORD 'its own'`);
  await server.query(
    `GRANT ${users.clone} TO ${users.master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );

  const { message } = await failedRotation(stack, users.arn);
  await server.query(statementIn(message));

  expect(await reattempt(stack, users.arn)).toBe(true);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
});

test("V33 an unrelated user that merely has the clone's name is refused, and nothing about it changes", async () => {
  const users = await newPair(fixture);
  await server.query(`CREATE ROLE ${users.clone} LOGIN CREATEDB PASSWORD 'its own'`);
  await server.query(`GRANT pg_read_all_data TO ${users.clone}`);
  await server.query(
    `GRANT ${users.clone} TO ${users.master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );
  const before = await all(users.clone);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
  expect(await all(users.clone)).toEqual(before);
  expect(await database.accepts(users.clone, "its own")).toBe(true);
});

test("V33 one that an administrator declares the clone does not keep what it may do beyond the user", async () => {
  const users = await newPair(fixture, { attributes: "CREATEROLE CREATEDB" });
  await server.query(`CREATE ROLE ${users.clone} LOGIN CREATEDB CREATEROLE`);
  for (const role of [`${users.clone}_a`, `${users.clone}_b`]) await server.query(`CREATE ROLE ${role}`);
  await server.query(`GRANT ${users.clone}, ${users.clone}_a TO ${users.master.username} WITH ADMIN OPTION`);
  await server.query(`GRANT ${users.clone}_b TO ${users.clone}`);
  await server.query(
    `SET SESSION AUTHORIZATION ${users.master.username}; GRANT ${users.clone}_a TO ${users.clone};
     GRANT ${users.username} TO ${users.clone} WITH ADMIN OPTION`,
  );
  const before = await all(users.clone);

  const failure = await failedRotation(stack, users.arn);

  // What the master user has granted it takes back; what others have granted it cannot, and so changes nothing.
  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  expect(failure.message).toContain(`the role ${users.clone}_b`);
  expect(failure.message).not.toContain(`the role ${users.clone}_a`);
  expect(await all(users.clone)).toEqual(before);
  await server.query(statementIn(failure.message));
  expect(await reattempt(stack, users.arn)).toBe(true);
  const { rows } = await server.query(
    `SELECT rolcreatedb, rolcreaterole, array(SELECT roleid::regrole::text || admin_option FROM pg_auth_members
                                               WHERE member = pg_roles.oid) AS roles
       FROM pg_roles WHERE rolname = $1`,
    [users.clone],
  );
  expect(rows).toEqual([{ rolcreatedb: false, rolcreaterole: false, roles: [`${users.username}false`] }]);
});

test("V34 a secret for hr_clone does not seize the real user hr", async () => {
  const hr = await newPair(fixture, { username: "hr" });
  await server.query("GRANT pg_read_all_data TO hr");
  const thief = await newPair(fixture, { username: "hr_clone", secret: { masterarn: hr.master.arn } });
  await server.query(`GRANT hr_clone TO ${hr.master.username} WITH ADMIN OPTION`);
  const before = await storedPassword(server, "hr");

  const failure = await failedRotation(stack, thief.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
  expect(await storedPassword(server, "hr")).toBe(before);
  expect(await database.accepts("hr", hr.password)).toBe(true);
});

test("V34 nor a user who is a member of the other only because it created it", async () => {
  const users = await newPair(fixture, { username: "boss" });
  await server.query("ALTER ROLE boss CREATEROLE");
  await using boss = await openAs(database, "boss", users.password);
  await boss.query("CREATE ROLE boss_clone LOGIN PASSWORD 'second'");
  const thief = await stack.createSecret("thief", {
    ...(await stack.value(users.arn)),
    username: "boss_clone",
    password: "second",
  });
  await server.query(`GRANT boss_clone TO ${users.master.username} WITH ADMIN OPTION`);

  const failure = await failedRotation(stack, thief);

  expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
  expect(await database.accepts("boss", users.password)).toBe(true);
});

const LAX_MASTERS: [what: string, masterSecret: Record<string, unknown>][] = [
  [
    "like the ones that RDS manages",
    { engine: undefined, host: undefined, port: undefined, dbname: undefined },
  ],
  ["that itself allows clear text", { ssl: false }],
];

test.for(LAX_MASTERS)(
  "V5 a master secret %s: no plaintext if the user's secret asks for TLS",
  async ([, masterSecret]) => {
    const pinned = await startStepwiseStack(database, {
      bundle: "postgres-master-user",
      environment: { DATABASE_HOST: server.host },
    });
    await using pinnedStack = pinned.stack;
    const users = await newPair({ database, stack: pinnedStack }, { masterSecret, secret: { ssl: true } });
    await server.query(`DROP ROLE IF EXISTS ${CLEAR_TEXT_MASTER}`);
    await server.query(`ALTER ROLE ${users.master.username} RENAME TO ${CLEAR_TEXT_MASTER}`);
    const master = { ...(await pinnedStack.value(users.master.arn)), username: CLEAR_TEXT_MASTER };
    const masterarn = await pinnedStack.createSecret(`clear-${randomUUID()}`, master);
    const arn = await pinnedStack.createSecret(`user-${randomUUID()}`, {
      ...(await pinnedStack.value(users.arn)),
      masterarn,
    });

    expect((await pinnedStack.rotate(arn)).succeeded).toBe(false);

    expect(lastFailure(pinnedStack, arn)).toMatchObject({ step: "setSecret", reason: "login-not-allowed" });
    expect((await database.logins(CLEAR_TEXT_MASTER)).accepted).toBe(0);
    expect(await server.log()).not.toMatch(new RegExp(`user "${CLEAR_TEXT_MASTER}".*no encryption`));
    await server.query(
      `REASSIGN OWNED BY ${CLEAR_TEXT_MASTER} TO postgres; DROP OWNED BY ${CLEAR_TEXT_MASTER}`,
    );
  },
);

test("V39 two at the same time, where sessions see the world as it was when they began", async () => {
  await server.query("CREATE DATABASE strict");
  await server.query("ALTER DATABASE strict SET default_transaction_isolation TO 'repeatable read'");
  const users = await newPair(fixture, { secret: { dbname: "strict" } });
  const token = await stepwise.stage(users.arn);
  await stepwise.invoke("createSecret", users.arn, token);
  await using administrator = await server.connect();
  await administrator.query("BEGIN; LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE");

  const invocations = [1, 2].map(() => stepwise.invoke("setSecret", users.arn, token));
  await untilBlocked(server, users.master.username, 2);
  await administrator.query("COMMIT");

  await expect(Promise.all(invocations)).resolves.toHaveLength(2);
});

test("V7 where read-only transactions wait for others to end, a rotation does not", async () => {
  await server.query("CREATE DATABASE patient");
  await server.query("ALTER DATABASE patient SET default_transaction_isolation TO 'serializable'");
  await server.query("ALTER DATABASE patient SET default_transaction_deferrable TO on");
  const users = await newPair(fixture, { secret: { dbname: "patient" } });
  await using writer = await server.connect("patient");
  await writer.query("CREATE TABLE written (id INT)");
  await writer.query("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE");
  await writer.query("INSERT INTO written VALUES (1)");

  await rotated(fixture, users);

  await writer.query("COMMIT");
});
