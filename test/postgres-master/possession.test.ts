import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { startLab } from "./lab.ts";
import { column, edit, execute, existing, newPair, rotated, type Users, whoIs } from "./pairs.ts";

const lab = await startLab();
const { database, stack, fixture, server } = lab;

afterAll(() => lab[Symbol.asyncDispose]());

test("AWSCURRENT does not log in: the master's secret is not even read, and it does not log in", async () => {
  const users = await newPair(fixture);
  await edit(stack, users, { password: "guessed" });
  const reads: string[] = [];
  const stop = stack.secretsManager.observe((event) => {
    if (event.type === "request" && event.secretArn === users.master.arn) reads.push(event.operation);
  });

  const failure = await failedRotation(stack, users.arn);
  stop();

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
  expect(reads).toEqual([]);
  expect(await database.logins(users.master.username)).toEqual({ accepted: 0, rejected: 0 });
  expect(await server.log()).not.toContain(users.master.username);
});

test("a privileged user whose password one does not know gets no clone", async () => {
  const users = await newPair(fixture);
  await existing(database, users, "privileged", "GRANT pg_read_all_data TO privileged");
  await edit(stack, users, { username: "privileged" });

  expect(await failedRotation(stack, users.arn)).toMatchObject({ reason: "login-rejected" });

  expect(await column(server, "SELECT rolname FROM pg_roles WHERE rolname = 'privileged_clone'")).toEqual([]);
});

test("refuses to take over a user without an ownership marker, and succeeds after the suggested statement", async () => {
  const users = await newPair(fixture);
  await existing(database, users, users.clone);

  const { reason, message } = await failedRotation(stack, users.arn);

  expect(reason).toBe("user-not-owned");
  const [, statement = ""] = /run as an administrator: (.+?) - if it does not/.exec(message) ?? [];
  expect(statement).toBe(`GRANT "${users.username}" TO "${users.clone}"`);
  await server.query(statement);
  expect(await reattempt(stack, users.arn)).toBe(true);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
});

/** The clone exists, and its password is under AWSPREVIOUS. */
async function withPossession(): Promise<Users> {
  const users = await newPair(fixture);
  await existing(database, users, users.clone);
  await edit(stack, users, { username: users.clone, password: "its own" });
  await edit(stack, users, { username: users.username, password: users.password });
  return users;
}

test("takes nothing from a user that logs in with AWSPREVIOUS but has no ownership marker, and names the statement", async () => {
  const users = await withPossession();
  const before = await column(
    server,
    `SELECT to_jsonb(pg_authid) FROM pg_authid WHERE rolname = '${users.clone}'`,
  );

  const { reason, message } = await failedRotation(stack, users.arn);

  expect(reason).toBe("user-not-owned");
  expect(message).toContain(`ALTER ROLE "${users.clone}" SET role TO "${users.username}"`);
  expect(
    await column(server, `SELECT to_jsonb(pg_authid) FROM pg_authid WHERE rolname = '${users.clone}'`),
  ).toEqual(before);
  const [, statement = ""] = /run as an administrator: (.+?) - otherwise/.exec(message) ?? [];
  expect(statement).toBe(`GRANT "${users.username}" TO "${users.clone}"`);
  await server.query(statement);
  expect(await reattempt(stack, users.arn)).toBe(true);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
});

test("takes over a user that logs in with AWSPREVIOUS if nothing but a membership is missing", async () => {
  const users = await newPair(fixture);
  await server.query(`CREATE SCHEMA own AUTHORIZATION ${users.username}`);
  await rotated(fixture, users);
  await execute(fixture, users, "SET ROLE NONE", "CREATE TABLE own.orders (id INT)");
  await server.query(`REVOKE ${users.username} FROM ${users.clone} GRANTED BY ${users.master.username}`);

  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

  expect(await whoIs(fixture, users)).toEqual({ login: users.username, acts: users.username });
  await execute(fixture, users, "ALTER TABLE own.orders ADD COLUMN more INT");
});

test.for([
  ["does not log in any more", "of last year"],
  ["is of another user", undefined],
])("an AWSPREVIOUS that %s proves nothing", async ([, password]) => {
  const users = await newPair(fixture);
  await existing(database, users, users.clone);
  const previous = password ? { username: users.clone, password } : {};
  await edit(stack, users, previous);
  await edit(stack, users, { username: users.username, password: users.password });

  expect(await failedRotation(stack, users.arn)).toMatchObject({
    step: "setSecret",
    reason: "user-not-owned",
  });

  expect(await database.accepts(users.clone, "its own")).toBe(true);
});
