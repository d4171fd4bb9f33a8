import { afterAll, expect, test } from "vitest";
import { backFrom, cloneOf, failure, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, newAccount, newName, prepare, rotate, missingMark, differences } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

await sql("CREATE DATABASE hr");

test("V33 refuses a clone without an ownership marker, and takes it after the printed statement", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  await sql(`CREATE USER ${pair.alternate} IDENTIFIED BY 'x' ATTRIBUTE '{"kept": 1}'`);

  const refused = await failure(prepare(pair, "pending"));

  expect(refused.reason).toBe("user-not-owned");
  await sql(...(/administrator: (.*) - if it does not/.exec(refused.message)?.[1] ?? "").split("; "));
  expect(await missingMark(pair)).toBeUndefined();
  expect(await missingMark(backFrom(pair))).toBeUndefined();
  expect((await rotate(pair, password)).differences).toEqual([]);
});

test("V34 a user called hr_clone does not seize the user hr, and cannot mark itself", async () => {
  const base = newName();
  await sql(`CREATE USER ${base} IDENTIFIED BY 'hr'`, `CREATE USER ${base}_clone IDENTIFIED BY 'thief'`);

  const refused = await failure(prepare(backFrom(cloneOf(base)), "pending"));

  expect(refused.reason).toBe("user-not-owned");
  await using thief = await database.server.connect();
  await thief.changeUser({ user: `${base}_clone`, password: "thief" });
  await expect(thief.query(String(await missingMark(backFrom(cloneOf(base)))))).rejects.toThrow(
    "CREATE USER",
  );
  expect(await database.accepts(base, "hr")).toBe(true);
});

test("takes a clone without an ownership marker by possession, adds the marker and takes nothing away", async () => {
  const { username } = await newAccount();
  const pair = cloneOf(username);
  await sql(`CREATE USER ${pair.alternate} IDENTIFIED BY 'x'`);

  await prepare(pair, "pending", { isPossessed: async () => true });

  expect(await missingMark(pair)).toBeUndefined();
});

test.each([
  ["a privilege", "GRANT SELECT ON hr.* TO ?", "REVOKE SELECT ON `hr`.* FROM"],
  ["a resource limit", "ALTER USER ? WITH MAX_USER_CONNECTIONS 5", "WITH MAX_QUERIES_PER_HOUR 0"],
  ["another attribute", "ALTER USER ? COMMENT 'mine'", `ATTRIBUTE '{"comment":null}'`],
  ["another plugin", "ALTER USER ? IDENTIFIED WITH sha256_password BY 'x'", "WITH 'caching_sha2_password'"],
])("refuses to take %s from a user that is taken by possession alone", async (_, given, taken) => {
  const { username } = await newAccount();
  const pair = cloneOf(username);
  await sql(
    `CREATE USER ${pair.alternate} IDENTIFIED BY 'x'`,
    `GRANT ALL ON app.* TO ${pair.alternate}`,
    given.replace("?", pair.alternate),
  );

  const refused = await failure(prepare(pair, "pending", { isPossessed: async () => true }));

  expect(refused.reason).toBe("user-not-owned");
  expect(refused.message).toContain(taken);
  expect(await database.accepts(pair.alternate, "x")).toBe(true);
});

test("the ownership marker names the base user also where the clone was current first", async () => {
  const { username, password } = await newAccount();
  const pair = { current: `${username}_clone`, alternate: username, clone: "current" as const };
  await sql(`CREATE USER ${pair.current} IDENTIFIED BY 'current'`, `GRANT ALL ON app.* TO ${pair.current}`);

  await prepare(pair, password, { isPossessed: async () => true });

  expect(
    await sql(
      `SELECT USER, ATTRIBUTE FROM information_schema.USER_ATTRIBUTES WHERE USER LIKE '${username}%' ORDER BY USER`,
    ),
  ).toEqual([
    [username, null],
    [pair.current, `{"rotation_clone_of": "${username}"}`],
  ]);
});

test("refuses a marker against the names, and the printed statement ends it", async () => {
  const { username } = await newAccount();
  const pair = cloneOf(username);
  await sql(
    `CREATE USER ${pair.alternate} IDENTIFIED BY 'x'`,
    `ALTER USER ${username} ATTRIBUTE '{"rotation_clone_of": "${pair.alternate}"}'`,
  );

  const refused = await failure(prepare(pair, "pending"));

  expect(refused.message).toContain("the other way round");
  await sql(/as an administrator: (.*)$/.exec(refused.message)?.[1] ?? "");
  expect((await lab.view(pair)).ownership.marker).toBeUndefined();
});

test("refuses an equal user that the secret names without an ownership marker, and takes it after the printed statements", async () => {
  const [current, equal] = [await newAccount(), await newAccount()];
  const pair = { current: current.username, alternate: equal.username, clone: undefined };

  const refused = await failure(prepare(pair, "pending"));

  expect(refused.reason).toBe("user-not-owned");
  expect(await database.accepts(equal.username, equal.password)).toBe(true);
  await sql(...(/administrator: (.*) - if it does not/.exec(refused.message)?.[1] ?? "").split("; "));
  const green = await rotate(pair, current.password);
  const blue = await rotate({ ...pair, current: pair.alternate, alternate: pair.current }, green.password);
  expect([green.differences, blue.differences]).toEqual([[], []]);
});

test("marks a user that the secret names and that does not exist, when it creates it", async () => {
  const { username, password } = await newAccount();
  const pair = { current: username, alternate: newName(), clone: undefined };

  await prepare(pair, "first");
  await prepare(pair, "second");

  expect(await differences(pair, "second", password)).toEqual([]);
  expect(await missingMark(pair)).toBeUndefined();
});

test("possession sets no ownership marker on a user that the secret names", async () => {
  const [current, equal] = [await newAccount(), await newAccount()];
  const pair = { current: current.username, alternate: equal.username, clone: undefined };

  await prepare(pair, "pending", { isPossessed: async () => true });

  expect(await missingMark(pair)).toBeDefined();
  expect((await failure(prepare(pair, "another"))).reason).toBe("user-not-owned");
});

test("never takes over a user of the server's own", async () => {
  const { username } = await newAccount();

  const refused = await failure(
    prepare({ current: username, alternate: "root", clone: undefined }, "pending", {
      isPossessed: async () => true,
    }),
  );

  expect(refused.reason).toBe("user-not-owned");
  expect(refused.message).toContain("one of the server's own");
});
