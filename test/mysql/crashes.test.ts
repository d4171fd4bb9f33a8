import { afterAll, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { everyCrash } from "./crashes.ts";
import { cloneOf, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, newAccount, rotate } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

await sql("CREATE DATABASE hr");

/** Statements about a user since the server's start, except for those that only read. */
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
    expect.stringMatching(
      /^ALTER USER IF EXISTS .* IDENTIFIED WITH 'caching_sha2_password' BY <secret> ACCOUNT UNLOCK$/,
    ),
  ]);
});

test("V8 V10 V11 a new clone has an unknown password until everything else is done", async () => {
  const { username, password } = await newAccount("REQUIRE SSL");
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);

  await rotate(pair, password);

  const statements = await changesOf(pair.alternate);
  expect(statements[0]).toMatch(/^CREATE USER .* BY <secret> REQUIRE SSL .* ATTRIBUTE/);
  expect(statements.at(-1)).toMatch(/IDENTIFIED WITH .* ACCOUNT UNLOCK/);
});

test("MySQL: a clone is current whose base user is missing: after a crash at any answer it is the secret's own", async () => {
  expect(await everyCrash(lab)).toBeGreaterThan(4);
});

test("MariaDB: the same", async () => {
  await using mariadb = await startMariadbLab();

  expect(await everyCrash(mariadb)).toBeGreaterThan(4);
});
