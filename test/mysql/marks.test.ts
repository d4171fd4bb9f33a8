import { afterAll, expect, test } from "vitest";
import { backFrom, cloneOf, failure, MASTER, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, newName, prepare, rotate } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

await sql("CREATE DATABASE hr");

test("V33 an unrelated user of the alternate's name lacks the mark, and the statement puts it there", async () => {
  const { username } = await newAccount();
  const pair = cloneOf(username);
  await using master = await session(MASTER.username, MASTER.password);
  expect(await master.missingMark(pair)).toBeUndefined();
  await sql(`CREATE USER ${pair.alternate} IDENTIFIED BY 'x' ATTRIBUTE '{"kept": 1}'`);

  const statement = await master.missingMark(pair);

  expect(statement).toContain("ALTER USER");
  await sql(statement ?? "");
  expect(await master.missingMark(pair)).toBeUndefined();
  expect(await master.missingMark(backFrom(pair))).toBeUndefined();
});

test("V34 a user called hr_clone does not seize the user hr, and cannot mark itself", async () => {
  const base = newName();
  await sql(`CREATE USER ${base} IDENTIFIED BY 'hr'`, `CREATE USER ${base}_clone IDENTIFIED BY 'thief'`);
  await using master = await session(MASTER.username, MASTER.password);
  const statement = await master.missingMark(backFrom(cloneOf(base)));

  await using thief = await database.server.connect();
  await thief.changeUser({ user: `${base}_clone`, password: "thief" });

  await expect(thief.query(statement ?? "")).rejects.toThrow("CREATE USER");
});

test("after it was taken over, the pair carries the mark", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  await sql(`CREATE USER ${pair.alternate} IDENTIFIED BY 'x'`);
  await using master = await session(MASTER.username, MASTER.password);

  await rotate(pair, password);

  expect(await master.missingMark(pair)).toBeUndefined();
});

test("the mark says clone of the base user also where the clone was current first", async () => {
  const { username, password } = await newAccount();
  const pair = { current: `${username}_clone`, alternate: username, clone: "current" as const };
  await sql(`CREATE USER ${pair.current} IDENTIFIED BY 'current'`);

  await prepare(pair, password);

  expect(
    await sql(
      `SELECT USER, ATTRIBUTE FROM information_schema.USER_ATTRIBUTES WHERE USER LIKE '${username}%' ORDER BY USER`,
    ),
  ).toEqual([
    [username, null],
    [pair.current, `{"rotation_clone_of": "${username}"}`],
  ]);
});

test("an alternate user that the secret names: taken if it is equal, and not if it may do more", async () => {
  const [current, equal, stronger] = [await newAccount(), await newAccount(), await newAccount()];
  await sql(`GRANT SELECT ON hr.* TO ${stronger.username}`);
  const pair = { current: current.username, clone: undefined };

  const { differences } = await rotate({ ...pair, alternate: equal.username }, current.password);
  const refused = await failure(prepare({ ...pair, alternate: stronger.username }, "pending"));

  expect(differences).toEqual([]);
  expect(refused.reason).toBe("difference");
  expect(refused.message).toContain("SELECT ON `hr`.*");
  expect(await database.accepts(stronger.username, stronger.password)).toBe(true);
});
