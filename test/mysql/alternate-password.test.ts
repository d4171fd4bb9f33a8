import { afterAll, expect, test } from "vitest";
import { backFrom, cloneOf, failure, OWN, showCreateUser, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, prepare, rotate } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

test("the clone's password is stored for the same authentication as the base user's", async () => {
  const { username, password } = await newAccount();
  await sql(`ALTER USER ${username} IDENTIFIED WITH sha256_password BY '${password}'`);

  const { differences } = await rotate(cloneOf(username), password);

  expect(differences).toEqual([]);
  expect(await showCreateUser(lab, `${username}_clone`)).toContain("'sha256_password'");
});

test("a password retained by single-user rotation is turned off", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  const clone = await rotate(pair, password);
  await sql(`ALTER USER ${username} IDENTIFIED BY 'newer' RETAIN CURRENT PASSWORD`);

  await rotate(backFrom(pair), clone.password);

  expect(await database.accepts(username, password)).toBe(false);
  expect(await database.accepts(username, "newer")).toBe(false);
});

test("PASSWORD HISTORY does not stop a retry with the same pending password", async () => {
  const { username } = await newAccount("PASSWORD HISTORY 5");

  await prepare(cloneOf(username), "pending");
  await prepare(cloneOf(username), "pending");

  expect(await database.accepts(`${username}_clone`, "pending")).toBe(true);
});

test("V19 a password that the server's policy refuses: the error tells what to change", async () => {
  const { username, password } = await newAccount();
  await sql("INSTALL COMPONENT 'file://component_validate_password'");
  await using own = await session(username, password);

  const byOneself = await failure(own.changeOwnPassword("short", OWN));
  const byMaster = await failure(prepare(cloneOf(username), "short"));
  await prepare(cloneOf(username), "Long-Enough-12345");

  await sql("UNINSTALL COMPONENT 'file://component_validate_password'");
  expect([byOneself.reason, byMaster.reason]).toEqual(["password-refused", "password-refused"]);
  expect(byOneself.message).toContain("PASSWORD_LENGTH");
  expect(await database.accepts(`${username}_clone`, "Long-Enough-12345")).toBe(true);
});
