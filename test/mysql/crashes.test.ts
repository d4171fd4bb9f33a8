import { afterAll, expect, test } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import type { Pair } from "../../shared/engine.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { cloneOf, MASTER, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, newAccount, prepare, rotate, differences } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

await sql("CREATE DATABASE hr", "CREATE ROLE reader");

/** What was said about a user since the server began, but for looking. */
async function changesOf(username: string): Promise<string[]> {
  const statements =
    (await database.server.log()).match(/(?<=Query\t)(ALTER|REVOKE|GRANT|CREATE|DROP) .*/g) ?? [];
  return statements.filter((statement) => statement.includes(`'${username}'`));
}

test("an existing clone is never locked, and loses nothing on the way", async () => {
  const { username, password } = await newAccount();
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);
  await rotate(pair, password);
  const before = await changesOf(pair.alternate);

  await rotate(pair, password);

  const after = await changesOf(pair.alternate);
  expect(after.slice(before.length)).toEqual([
    `ALTER USER '${pair.alternate}'@'%' DISCARD OLD PASSWORD`,
    expect.stringMatching(
      /^ALTER USER .* IDENTIFIED WITH 'caching_sha2_password' BY <secret> ACCOUNT UNLOCK$/,
    ),
  ]);
});

test("V8 V10 V11 a new clone cannot log in before everything else is done: the password comes last", async () => {
  const { username, password } = await newAccount("REQUIRE SSL");
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);

  await rotate(pair, password);

  const statements = await changesOf(pair.alternate);
  expect(statements[0]).toMatch(/^CREATE USER .* REQUIRE SSL .* ACCOUNT LOCK .* ATTRIBUTE/);
  expect(statements.at(-1)).toMatch(/IDENTIFIED WITH .* ACCOUNT UNLOCK/);
});

test("V8 V10 wherever the master's session is cut, the clone does not log in or is complete, and a retry completes it", async () => {
  const { username, password } = await newAccount("REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5000");
  await sql(
    `GRANT SELECT ON hr.* TO ${username}`,
    `GRANT reader TO ${username}`,
    `ALTER USER ${username} DEFAULT ROLE reader`,
  );
  const pair = cloneOf(username);
  let finished = false;
  for (let statements = 1; !finished; statements++) {
    await sql(`DROP USER IF EXISTS ${pair.alternate}`);
    finished = await prepareCutAfter(pair, statements);
    const [[attributes] = []] = await sql(
      `SELECT ATTRIBUTE FROM information_schema.USER_ATTRIBUTES WHERE USER = '${pair.alternate}'`,
    );
    expect(attributes ?? "rotation_clone_of").toContain("rotation_clone_of");
    if (await database.accepts(pair.alternate, "pending")) {
      expect(await differences(pair, "pending", password), `cut after ${statements} statements`).toEqual([]);
    } else {
      expect(finished).toBe(false);
    }
    await prepare(pair, "pending");
    expect(await differences(pair, "pending", password)).toEqual([]);
  }
});

/** The function dies after so many statements of the master. @returns whether it had come to its end before. */
async function prepareCutAfter(pair: Pair, statements: number): Promise<boolean> {
  let left = statements + 1; // Besides the TLS handshake, every piece of the client's is a statement or a part of one.
  const died = new AbortController();
  await using proxy = await startTcpProxy(database.server.port, () => {
    left -= 0.5;
    if (left < 0) died.abort();
  });
  const invocation = lab.invocation();
  const signal = AbortSignal.any([died.signal, invocation.deadline.signal]);
  try {
    const deadline = { ...invocation.deadline, signal };
    const login = lab.login(MASTER.username, MASTER.password, { port: proxy.port });
    await using master = await mysql.connect(login, { ...invocation, deadline });
    await master?.prepareAlternate(pair, "pending");
    return !died.signal.aborted;
  } catch {
    return false;
  }
}

test("ten at once all succeed", async () => {
  const { username, password } = await newAccount();
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);

  await Promise.all(Array.from({ length: 10 }, () => prepare(pair, "pending")));

  expect(await differences(pair, "pending", password)).toEqual([]);
});
