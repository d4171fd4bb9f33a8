import { afterAll, expect, test } from "vitest";
import { findSecrets } from "../support/find-secrets.ts";
import { holder, versions } from "../support/operator.ts";
import { untilBlocked } from "../support/sessions.ts";
import { startLab } from "./lab.ts";
import { newPair, rotated, type Users, whoIs } from "./pairs.ts";

const INVOCATIONS = 20;

const lab = await startLab({ settings: { log_statement: "all" } });
const { stepwise, stack, fixture, server } = lab;
// Whoever creates a role tells the server its first password; that is not what is looked for.
await server.query("ALTER ROLE postgres SET log_statement TO none");

afterAll(() => lab[Symbol.asyncDispose]());

test(`V39 of ${INVOCATIONS} first setSecret at the same time none fails, and no password is in the log`, {
  timeout: 120_000,
}, async () => {
  const users = await newPair(fixture);
  const token = await stepwise.stage(users.arn);
  await stepwise.invoke("createSecret", users.arn, token);
  await using administrator = await server.connect();
  await administrator.query("BEGIN; LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE");

  const invocations = Array.from({ length: INVOCATIONS }, () =>
    stepwise.invoke("setSecret", users.arn, token),
  );
  // All of them are logged in as the master; one is about to create the role, and the others wait for it.
  await untilBlocked(server, users.master.username, INVOCATIONS);
  await administrator.query("COMMIT");

  const outcomes = await Promise.allSettled(invocations);
  expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
  for (const step of ["testSecret", "finishSecret"] as const) await stepwise.invoke(step, users.arn, token);
  expect(await holder(stack, users.arn, "AWSCURRENT")).toBe(token);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
  await expectNoPasswordInLog(users);
});

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

async function expectNoPasswordInLog(users: Users): Promise<void> {
  const values = await Promise.all(
    (await versions(stack, users.arn)).map((VersionId) => stack.value(users.arn, { VersionId })),
  );
  const passwords = [users.master.password, ...values.map(({ password }) => String(password))];
  const log = await server.log();
  expect(log).toMatch(/ALTER ROLE "user_\d+_clone" PASSWORD 'SCRAM-SHA-256/);
  expect(findSecrets(passwords, log)).toEqual([]);
}

test("V24 no password of a master-user rotation is in a server log that has every statement", async () => {
  const users = await newPair(fixture);

  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

  await expectNoPasswordInLog(users);
});
