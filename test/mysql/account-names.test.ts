import { afterAll, beforeEach, expect, test } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { backFrom, cloneOf, failure, OWN, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, prepare, rotate, log } = lab;
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => void log.splice(0));

test("names that are longer than the server takes are refused before anything is stored", () => {
  expect(mysql.refusal("x".repeat(32), "password")).toBeUndefined();
  expect(mysql.refusal("x".repeat(33), "password")).toContain("32");
  expect(mysql.refusal("é".repeat(32), "password")).toBeUndefined();
  expect(mysql.refusal("app", "pässword")).toContain("ASCII");
});

test("a user name of anything printable", async () => {
  const username = 'o\'brien \\ `x` "y" @%_';
  await using root = await database.server.connect();
  await root.query("CREATE USER ?@'%' IDENTIFIED BY 'first'", [username]);
  await root.query("GRANT SELECT ON app.* TO ?@'%'", [username]);
  await using own = await session(username, "first");

  await own.changeOwnPassword("second", OWN);
  const { differences } = await rotate(cloneOf(username), "second");

  expect(differences).toEqual([]);
});

test("V20 a user whose host is not %", async () => {
  const { username, password } = await newAccount();
  await sql(`RENAME USER ${username} TO ${username}@localhost`);

  const { differences } = await rotate(cloneOf(username), password);

  expect(differences).toEqual([]);
  expect(await sql(`SELECT Host FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([["localhost"]]);
});

test("a user on several hosts: only the account that fits the function's address changes", async () => {
  const { username, password } = await newAccount();
  await sql(`CREATE USER ${username}@'localhost' IDENTIFIED BY 'near'`);

  await using own = await session(username, "near");
  await own.changeOwnPassword("second", OWN);

  expect(log.join("\n")).toContain(`'${username}'@'localhost'`);
  await sql(`DROP USER ${username}@'localhost'`);
  expect(await database.accepts(username, password)).toBe(true);
});

test("a user name on several hosts whose accounts are alike: each gets its clone", async () => {
  const { username, password } = await newAccount();
  await sql(
    `CREATE USER ${username}@'10.%' IDENTIFIED BY 'another'`,
    `GRANT ALL ON app.* TO ${username}@'10.%'`,
  );
  const pair = cloneOf(username);

  const clone = await rotate(pair, password);
  const base = await rotate(backFrom(pair), clone.password);

  expect([clone.differences, base.differences]).toEqual([[], []]);
  expect(await sql(`SHOW GRANTS FOR ${pair.alternate}@'10.%'`)).toHaveLength(2);
});

test("a user name on several hosts whose accounts differ is refused before anything is changed", async () => {
  const { username } = await newAccount();
  await sql(
    `CREATE USER ${username}@'10.%' IDENTIFIED BY 'another'`,
    `GRANT ALL ON *.* TO ${username}@'10.%'`,
  );

  const refused = await failure(prepare(cloneOf(username), "pending"));

  expect(refused.reason).toBe("unsupported");
  expect(refused.message).toContain("several accounts");
  expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);
});

test("a user name on several hosts one of which is locked: it is not opened by a clone", async () => {
  const { username } = await newAccount();
  await sql(
    `CREATE USER ${username}@'10.%' IDENTIFIED BY 'another' ACCOUNT LOCK`,
    `GRANT ALL ON app.* TO ${username}@'10.%'`,
  );

  const refused = await failure(prepare(cloneOf(username), "pending"));

  expect(refused.message).toContain("locked");
  expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);
});

test("an alternate user on a host that the current one does not have is refused", async () => {
  const { username } = await newAccount();
  await sql(
    `CREATE USER ${username}_clone@'10.%' IDENTIFIED BY 'x' ATTRIBUTE '{"rotation_clone_of": "${username}"}'`,
  );

  const refused = await failure(prepare(cloneOf(username), "pending"));

  expect(refused.reason).toBe("unsupported");
  expect(refused.message).toContain(`'${username}_clone'@'10.%'`);
});
