import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { startDrivenStack } from "../support/driven.ts";
import { failedRotation, lastFailure } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { column, newTwins, openAs, openCurrent, rotated, whoIs } from "./twins.ts";

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
const driven = await startDrivenStack(database, { bundle: "postgres-master-user" });
const stack = started.use(driven.stack);
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
  const twins = await newTwins(fixture);
  await server.query(`GRANT CREATE ON SCHEMA public TO ${twins.username}`);
  await rotated(fixture, twins);
  await using byClone = await openCurrent(fixture, twins);
  await byClone.query("CREATE TABLE public.by_clone (id SERIAL)");
  await byClone.query("INSERT INTO public.by_clone DEFAULT VALUES");

  await rotated(fixture, twins);

  await using byUser = await openCurrent(fixture, twins);
  await byUser.query("INSERT INTO public.by_clone DEFAULT VALUES");
  await byUser.query("DROP TABLE public.by_clone");
});

test("V28 a clone without the membership is not promoted: the statement that makes it one is in the error", async () => {
  const twins = await newTwins(fixture);
  await server.query(`CREATE ROLE ${twins.clone} LOGIN PASSWORD 'its own'`);
  await server.query(
    `GRANT ${twins.clone} TO ${twins.master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );

  const { message } = await failedRotation(stack, twins.arn);
  await server.query(statementIn(message));

  expect(await reattempt(stack, twins.arn)).toBe(true);
  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
});

test("V33 an unrelated user that merely has the clone's name is refused, and nothing about it changes", async () => {
  const twins = await newTwins(fixture);
  await server.query(`CREATE ROLE ${twins.clone} LOGIN CREATEDB PASSWORD 'its own'`);
  await server.query(`GRANT pg_read_all_data TO ${twins.clone}`);
  await server.query(
    `GRANT ${twins.clone} TO ${twins.master.username} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );
  const before = await all(twins.clone);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "stranger" });
  expect(await all(twins.clone)).toEqual(before);
  expect(await database.accepts(twins.clone, "its own")).toBe(true);
});

test("V33 one that an administrator declares the clone does not keep what it may do beyond the user", async () => {
  const twins = await newTwins(fixture, { attributes: "CREATEROLE CREATEDB" });
  await server.query(`CREATE ROLE ${twins.clone} LOGIN CREATEDB CREATEROLE`);
  for (const role of [`${twins.clone}_a`, `${twins.clone}_b`]) await server.query(`CREATE ROLE ${role}`);
  await server.query(`GRANT ${twins.clone}, ${twins.clone}_a TO ${twins.master.username} WITH ADMIN OPTION`);
  await server.query(`GRANT ${twins.clone}_b TO ${twins.clone}`);
  await server.query(
    `SET SESSION AUTHORIZATION ${twins.master.username}; GRANT ${twins.clone}_a TO ${twins.clone};
     GRANT ${twins.username} TO ${twins.clone} WITH ADMIN OPTION`,
  );
  const before = await all(twins.clone);

  const failure = await failedRotation(stack, twins.arn);

  // What the master has granted it takes back; what somebody else has granted it cannot, and so changes nothing.
  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(failure.message).toContain(`the role ${twins.clone}_b`);
  expect(failure.message).not.toContain(`the role ${twins.clone}_a`);
  expect(await all(twins.clone)).toEqual(before);
  await server.query(statementIn(failure.message));
  expect(await reattempt(stack, twins.arn)).toBe(true);
  const { rows } = await server.query(
    `SELECT rolcreatedb, rolcreaterole, array(SELECT roleid::regrole::text || admin_option FROM pg_auth_members
                                               WHERE member = pg_roles.oid) AS roles
       FROM pg_roles WHERE rolname = $1`,
    [twins.clone],
  );
  expect(rows).toEqual([{ rolcreatedb: false, rolcreaterole: false, roles: [`${twins.username}false`] }]);
});

test("V34 a secret for hr_clone does not seize the real user hr", async () => {
  const hr = await newTwins(fixture, { username: "hr" });
  await server.query("GRANT pg_read_all_data TO hr");
  const thief = await newTwins(fixture, { username: "hr_clone", secret: { masterarn: hr.master.arn } });
  await server.query(`GRANT hr_clone TO ${hr.master.username} WITH ADMIN OPTION`);
  const before = await storedPassword(server, "hr");

  const failure = await failedRotation(stack, thief.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "stranger" });
  expect(await storedPassword(server, "hr")).toBe(before);
  expect(await database.accepts("hr", hr.password)).toBe(true);
});

test("V34 nor a user who is a member of the other only because it created it", async () => {
  const twins = await newTwins(fixture, { username: "boss" });
  await server.query("ALTER ROLE boss CREATEROLE");
  await using boss = await openAs(database, "boss", twins.password);
  await boss.query("CREATE ROLE boss_clone LOGIN PASSWORD 'second'");
  const thief = await stack.createSecret("thief", {
    ...(await stack.value(twins.arn)),
    username: "boss_clone",
    password: "second",
  });
  await server.query(`GRANT boss_clone TO ${twins.master.username} WITH ADMIN OPTION`);

  const failure = await failedRotation(stack, thief);

  expect(failure).toMatchObject({ step: "setSecret", reason: "stranger" });
  expect(await database.accepts("boss", twins.password)).toBe(true);
});

const LAX_MASTERS: [what: string, masterSecret: Record<string, unknown>][] = [
  [
    "like the ones that RDS manages",
    { engine: undefined, host: undefined, port: undefined, dbname: undefined },
  ],
  ["that itself allows clear text", { ssl: false }],
];

test.for(LAX_MASTERS)(
  "V5 a master secret %s: no clear text when the user's secret asks for TLS",
  async ([, masterSecret]) => {
    const pinned = await startDrivenStack(database, {
      bundle: "postgres-master-user",
      environment: { DATABASE_HOST: server.host },
    });
    await using pinnedStack = pinned.stack;
    const twins = await newTwins({ database, stack: pinnedStack }, { masterSecret, secret: { ssl: true } });
    await server.query(`DROP ROLE IF EXISTS ${CLEAR_TEXT_MASTER}`);
    await server.query(`ALTER ROLE ${twins.master.username} RENAME TO ${CLEAR_TEXT_MASTER}`);
    const master = { ...(await pinnedStack.value(twins.master.arn)), username: CLEAR_TEXT_MASTER };
    const masterarn = await pinnedStack.createSecret(`clear-${randomUUID()}`, master);
    const arn = await pinnedStack.createSecret(`user-${randomUUID()}`, {
      ...(await pinnedStack.value(twins.arn)),
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
