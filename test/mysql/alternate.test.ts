import { afterAll, beforeEach, expect, test } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import type { Pair } from "../../shared/engine.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { backFrom, cloneOf, failure, MASTER, startLab } from "./given.ts";

const lab = await startLab({ settings: { partial_revokes: "ON" } });
const { database, sql, session, newAccount, newName, prepare, rotate, grants, log } = lab;
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => void log.splice(0));

await sql(
  "CREATE DATABASE hr",
  "CREATE DATABASE `sales TO rent`",
  "CREATE DATABASE `tick``ed 'n' \"quoted\"`",
  "CREATE DATABASE a_b",
  "CREATE TABLE hr.people (id int, name text, `salary in €` int)",
  "CREATE TABLE hr.`on TO ``x``@``y` (id int)",
  "CREATE PROCEDURE hr.pay() SELECT 1",
  "CREATE FUNCTION hr.tax() RETURNS int DETERMINISTIC RETURN 1",
  "CREATE ROLE reader, writer, 'odd TO role'@'10.%'",
);

/** The same rows of SHOW GRANTS but for the name of the user. */
async function sameGrants(one: string, other: string): Promise<void> {
  const rename = (rows: string[], name: string) => rows.map((row) => row.replaceAll(`\`${name}\`@`, "`x`@"));
  expect(rename(await grants(other), other)).toEqual(rename(await grants(one), one));
}

async function createUser(username: string): Promise<string> {
  const [[created] = []] = await sql(`SHOW CREATE USER ${username}`);
  return String(created)
    .replaceAll(`\`${username}\`@`, "`x`@")
    .replace(/ AS '.*?'(?= DEFAULT ROLE| REQUIRE)/s, "");
}

const GRANTS: Record<string, string[]> = {
  "global privileges WITH GRANT OPTION": ["GRANT SELECT, RELOAD, PROCESS ON *.* TO ? WITH GRANT OPTION"],
  "V29 roles, WITH ADMIN OPTION, and default roles": [
    "GRANT reader, 'odd TO role'@'10.%' TO ?",
    "GRANT writer TO ? WITH ADMIN OPTION",
    "ALTER USER ? DEFAULT ROLE reader, 'odd TO role'@'10.%'",
  ],
  "dynamic privileges, some WITH GRANT OPTION": [
    "GRANT BACKUP_ADMIN ON *.* TO ? WITH GRANT OPTION",
    "GRANT CONNECTION_ADMIN, XA_RECOVER_ADMIN ON *.* TO ?",
  ],
  "V13 partial revokes": ["GRANT SELECT, INSERT ON *.* TO ?", "REVOKE SELECT ON hr.* FROM ?"],
  "V16 a schema whose name contains ` TO `": ["GRANT ALL ON `sales TO rent`.* TO ? WITH GRANT OPTION"],
  "V16 a table whose name contains ` TO ` and what looks like an account": [
    "GRANT SELECT ON hr.`on TO ``x``@``y` TO ?",
  ],
  "quotes in a schema's name": ["GRANT INSERT ON `tick``ed 'n' \"quoted\"`.* TO ?"],
  "escaped and unescaped patterns of schemas": [
    "GRANT SELECT ON `a\\_b`.* TO ?",
    "GRANT INSERT ON `a_b%`.* TO ?",
  ],
  "table and column privileges": [
    "GRANT DELETE, SELECT (id, name), UPDATE (`salary in €`), REFERENCES (id) ON hr.people TO ?",
  ],
  "all privileges of a table": ["GRANT ALL ON hr.people TO ? WITH GRANT OPTION"],
  "routine privileges": [
    "GRANT EXECUTE ON FUNCTION hr.tax TO ?",
    "GRANT ALL ON PROCEDURE hr.pay TO ? WITH GRANT OPTION",
  ],
  PROXY: ["GRANT PROXY ON 'a'@'b' TO ? WITH GRANT OPTION", "GRANT PROXY ON reader TO ?"],
  "a table that does not exist any more": [
    "CREATE TABLE hr.`gone TO 'x'@'y'` (id int)",
    "GRANT SELECT, INSERT ON hr.`gone TO 'x'@'y'` TO ? WITH GRANT OPTION",
    "DROP TABLE hr.`gone TO 'x'@'y'`",
  ],
  SYSTEM_USER: ["GRANT SYSTEM_USER ON *.* TO ?"],
};

test.each(Object.entries(GRANTS))(
  "%s: the clone gets the same, and then the base user back",
  async (_, statements) => {
    const { username, password } = await newAccount();
    await sql(...statements.map((statement) => statement.replace("?", username)));
    const pair = cloneOf(username);

    const clone = await rotate(pair, password);
    const base = await rotate(backFrom(pair), clone.password);

    expect(clone.differences).toEqual([]);
    expect(base.differences).toEqual([]);
    await sameGrants(pair.current, pair.alternate);
  },
);

test.each(Object.entries(GRANTS))(
  "%s: and what is revoked, the other one loses too",
  async (_, statements) => {
    const { username, password } = await newAccount();
    const pair = cloneOf(username);
    const clone = await rotate(pair, password);
    await sql(...statements.map((statement) => statement.replace("?", username)));

    const base = await rotate(backFrom(pair), clone.password);

    expect(base.differences).toEqual([]);
    await sameGrants(pair.current, pair.alternate);
    expect(await grants(username)).toHaveLength(2);
  },
);

test("V31 a privilege revoked from the active user does not come back", async () => {
  const { username, password } = await newAccount();
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);
  const clone = await rotate(pair, password);
  await sql(`REVOKE SELECT ON hr.* FROM ${pair.alternate}`);

  const base = await rotate(backFrom(pair), clone.password);
  await rotate(pair, base.password);

  expect((await grants(pair.alternate)).join()).not.toContain("hr");
  expect((await grants(username)).join()).not.toContain("hr");
});

test("between ALL PRIVILEGES and a list, and WITH GRANT OPTION and without", async () => {
  const { username, password } = await newAccount("PASSWORD EXPIRE NEVER");
  const pair = cloneOf(username);
  const first = await rotate(pair, password);
  await sql(
    `REVOKE DROP, EVENT ON app.* FROM ${username}`,
    `GRANT SELECT ON hr.* TO ${username} WITH GRANT OPTION`,
    `GRANT BACKUP_ADMIN ON *.* TO ${username} WITH GRANT OPTION`,
    `GRANT reader TO ${username} WITH ADMIN OPTION`,
    `GRANT ALL ON hr.* TO ${pair.alternate}`,
    `GRANT BACKUP_ADMIN ON *.* TO ${pair.alternate}`,
    `GRANT reader TO ${pair.alternate}`,
  );

  const second = await rotate(backFrom(pair), first.password);

  expect(second.differences).toEqual([]);
  await sameGrants(pair.alternate, pair.current);
});

const PROPERTIES: Record<string, string> = {
  "V11 REQUIRE SSL": "REQUIRE SSL",
  "V30 resource limits":
    "WITH MAX_QUERIES_PER_HOUR 5000 MAX_UPDATES_PER_HOUR 7 MAX_CONNECTIONS_PER_HOUR 800 MAX_USER_CONNECTIONS 9",
  "V30 expiry and history":
    "PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL 30 DAY",
  "V30 PASSWORD EXPIRE NEVER, REQUIRE CURRENT": "PASSWORD EXPIRE NEVER PASSWORD REQUIRE CURRENT",
  "V30 FAILED_LOGIN_ATTEMPTS": "FAILED_LOGIN_ATTEMPTS 4 PASSWORD_LOCK_TIME 2",
  "V30 FAILED_LOGIN_ATTEMPTS for ever": "FAILED_LOGIN_ATTEMPTS 4 PASSWORD_LOCK_TIME UNBOUNDED",
  "V30 a comment": "COMMENT 'it''s \\\\ the \"app\"'",
  "V30 attributes": `ATTRIBUTE '{"team": "a''b\\\\\\\\c", "list": [1, {"two": null}], "nested": {"deep": {"er": true}}}'`,
};

test.each(Object.entries(PROPERTIES))(
  "%s: carried to the clone, and gone when it is gone",
  async (_, properties) => {
    const { username, password } = await newAccount(properties);
    const plain = await newAccount();
    const pair = cloneOf(username);

    const clone = await rotate(pair, password);

    expect(clone.differences).toEqual([]);
    const marked = (await createUser(pair.alternate))
      .replace(/,? ?"rotation_clone_of": "\w+"/, "")
      .replace(" ATTRIBUTE '{}'", "");
    const limits = / MAX_[A-Z_]+ 0/g; // Zero is none, printed if it was said.
    expect(marked.replace(limits, "").replace(/ WITH(?= PASSWORD)/, "")).toBe(await createUser(username));
    await prepare({ ...cloneOf(plain.username), alternate: pair.alternate }, "another");
    await using one = await session(pair.alternate, "another");
    expect(await one.differences(pair, () => session(plain.username, plain.password))).toEqual([]);
  },
);

test("V15 REQUIRE SUBJECT, ISSUER and CIPHER, for which the function would need a client's certificate", async () => {
  const { username } = await newAccount(
    "REQUIRE SUBJECT '/O=Bob''s/CN=app' AND ISSUER '/CN=ca' AND CIPHER 'TLS_AES_256_GCM_SHA384'",
  );

  await prepare(cloneOf(username), "pending");

  expect(await createUser(`${username}_clone`)).toContain(
    "REQUIRE SUBJECT '/O=Bob's/CN=app' ISSUER '/CN=ca' CIPHER 'TLS_AES_256_GCM_SHA384'",
  );
});

test("the clone's password is stored for the same authentication as the base user's", async () => {
  const { username, password } = await newAccount();
  await sql(`ALTER USER ${username} IDENTIFIED WITH sha256_password BY '${password}'`);

  const { differences } = await rotate(cloneOf(username), password);

  expect(differences).toEqual([]);
  expect(await createUser(`${username}_clone`)).toContain("'sha256_password'");
});

test("V20 a user whose host is not %", async () => {
  const { username, password } = await newAccount();
  await sql(`RENAME USER ${username} TO ${username}@localhost`);

  const { differences } = await rotate(cloneOf(username), password);

  expect(differences).toEqual([]);
  expect(await sql(`SELECT Host FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([["localhost"]]);
});

test("a user name on several hosts whose accounts are alike: each gets its twin", async () => {
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

test("a user name on several hosts one of which is locked: it does not become open through its twin", async () => {
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
  await sql(`CREATE USER ${username}_clone@'10.%' IDENTIFIED BY 'x'`);

  const refused = await failure(prepare(cloneOf(username), "pending"));

  expect(refused.reason).toBe("unsupported");
  expect(refused.message).toContain(`'${username}_clone'@'10.%'`);
});

test("an alternate user that an administrator has locked stays locked", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  await rotate(pair, password);
  await sql(`ALTER USER ${pair.alternate} ACCOUNT LOCK`);

  const refused = await failure(prepare(pair, "pending"));

  expect(refused.reason).toBe("account-locked");
  expect(await createUser(pair.alternate)).toContain("ACCOUNT LOCK");
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
      expect(await differencesOf(pair, password), `cut after ${statements} statements`).toEqual([]);
    } else {
      expect(finished).toBe(false);
    }
    await prepare(pair, "pending");
    expect(await differencesOf(pair, password)).toEqual([]);
  }
});

async function differencesOf(pair: Pair, password: string): Promise<string[]> {
  await using pending = await session(pair.alternate, "pending");
  return await pending.differences(pair, () => session(pair.current, password));
}

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

test("ten at once all succeed", async () => {
  const { username, password } = await newAccount();
  await sql(`GRANT SELECT ON hr.* TO ${username}`);
  const pair = cloneOf(username);

  await Promise.all(Array.from({ length: 10 }, () => prepare(pair, "pending")));

  await using pending = await session(pair.alternate, "pending");
  expect(await pending.differences(pair, () => session(username, password))).toEqual([]);
});

test("differences are named", async () => {
  const { username, password } = await newAccount();
  const pair = cloneOf(username);
  await prepare(pair, "pending");
  await sql(
    `GRANT SELECT ON hr.* TO ${username}`,
    `GRANT reader TO ${pair.alternate}`,
    `ALTER USER ${pair.alternate} WITH MAX_USER_CONNECTIONS 3 COMMENT 'x'`,
  );
  await using pending = await session(pair.alternate, "pending");

  const differences = await pending.differences(pair, () => session(username, password));

  expect(differences).toEqual([
    expect.stringContaining("MAX_USER_CONNECTIONS 3 instead of"),
    "has another ATTRIBUTE or COMMENT",
    "lacks SELECT ON `hr`.*",
    "has the role `reader`@`%`",
  ]);
});
