import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import { capabilities, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, change, log } = lab;
const { discard } = capabilities(lab.engine);
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => void log.splice(0));

const RETAIN = "GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO";

/** Which of the passwords log in. */
async function accepted(username: string, ...passwords: string[]): Promise<boolean[]> {
  return Promise.all(passwords.map((password) => database.accepts(username, password)));
}

test("discarding turns the old one off, and is harmless where there is none", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await using own = await session(username, "second");

  await discard(own);
  await discard(own);

  expect(await accepted(username, password, "second")).toEqual([false, true]);
});

test("discarding is harmless for a user who could not retain one, which it cannot tell", async () => {
  const { username, password } = await newAccount();
  await using own = await session(username, password);

  expect(await discard(own)).toContain("may not turn off");

  expect(await accepted(username, password)).toEqual([true]);
});

test("a password that was kept before the user lost the privilege: log and answer have the statement that ends it", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await sql(`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${username}`);
  await change(username, "second", "third");
  await using own = await session(username, "third");

  const why = await discard(own);

  expect(await accepted(username, password, "second", "third")).toEqual([true, false, true]);
  const statement = /administrator: (ALTER USER .*)$/.exec(why ?? "")?.[1];
  expect(log.join("\n")).toContain(`goes on working until an administrator runs: ${statement} - `);
  await sql(statement ?? "");
  expect(await accepted(username, password, "third")).toEqual([false, true]);
});

test("discarding leaves the password alone that a change before it has made the old one", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await using own = await session(username, "second");
  await change(username, "second", "third");

  expect(await discard(own, async () => "It is not the last one.")).toBe("It is not the last one.");

  expect(await accepted(username, password, "second", "third")).toEqual([false, true, true]);
});

test("no change comes between the question of a discard and the answer's effect", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await using own = await session(username, "second");
  let next: Promise<unknown> | undefined;

  await discard(own, async () => {
    next = change(username, "second", "third");
    await wait(500);
    return undefined;
  });
  await next;

  expect(await accepted(username, password, "second", "third")).toEqual([false, true, true]);
});
