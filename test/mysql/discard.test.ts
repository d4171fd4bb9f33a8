import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, log } = lab;
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => void log.splice(0));

const RETAIN = "GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO";

async function change(username: string, from: string, to: string): Promise<void> {
  await using own = await session(username, from);
  await own.changeOwnPassword(to);
}

/** Which of the passwords log in. */
async function accepted(username: string, ...passwords: string[]): Promise<boolean[]> {
  return Promise.all(passwords.map((password) => database.accepts(username, password)));
}

test("discardOldPassword turns the old one off, and is harmless where there is none", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await using own = await session(username, "second");

  await own.discardOldPassword?.();
  await own.discardOldPassword?.();

  expect(await accepted(username, password, "second")).toEqual([false, true]);
});

test("discardOldPassword is harmless for a user who could not retain one, which it cannot tell", async () => {
  const { username, password } = await newAccount();
  await using own = await session(username, password);

  expect(await own.discardOldPassword?.()).toContain("may not turn off");

  expect(await accepted(username, password)).toEqual([true]);
});

test("a password that was kept before the user lost the privilege: log and answer have the statement that ends it", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await sql(`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${username}`);
  await change(username, "second", "third");
  await using own = await session(username, "third");

  const why = await own.discardOldPassword?.();

  expect(await accepted(username, password, "second", "third")).toEqual([true, false, true]);
  const statement = /administrator: (ALTER USER .*)$/.exec(why ?? "")?.[1];
  expect(log.join("\n")).toContain(`goes on working until an administrator runs: ${statement} - `);
  await sql(statement ?? "");
  expect(await accepted(username, password, "third")).toEqual([false, true]);
});

test("discardOldPassword leaves the password alone that a change before it has made the old one", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await using own = await session(username, "second");
  await change(username, "second", "third");

  expect(await own.discardOldPassword?.(async () => "It is not the last one.")).toBe(
    "It is not the last one.",
  );

  expect(await accepted(username, password, "second", "third")).toEqual([false, true, true]);
});

test("no change comes between discardOldPassword's question and the answer's effect", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await using own = await session(username, "second");
  let next: Promise<void> | undefined;

  await own.discardOldPassword?.(async () => {
    next = change(username, "second", "third");
    await wait(500);
    return undefined;
  });
  await next;

  expect(await accepted(username, password, "second", "third")).toEqual([false, true, true]);
});
