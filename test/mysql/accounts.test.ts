import { afterAll, beforeEach, expect, test } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import type { Login } from "../../shared/engine.ts";
import { cloneOf, failure, MASTER, startLab } from "./given.ts";

const lab = await startLab({ plainConnections: true });
const { database, sql, session, newAccount, prepare, log } = lab;
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => void log.splice(0));

function connect(username: string, password: string, changes?: Partial<Login>) {
  return mysql.connect(lab.login(username, password, changes), lab.invocation());
}

test("a wrong password and an unknown user are rejected, and the log says that REQUIRE could be the cause", async () => {
  const { username } = await newAccount();

  expect(await connect(username, "wrong")).toBeUndefined();
  expect(await connect("nobody-at-all", "wrong")).toBeUndefined();

  expect(log.join("\n")).toContain("REQUIRE");
});

test("REQUIRE SSL over plain TCP cannot be told from a wrong password; over TLS it logs in", async () => {
  const { username, password } = await newAccount("REQUIRE SSL");

  expect(await connect(username, password, { tls: false })).toBeUndefined();
  await using own = await session(username, password);

  expect(own).toBeDefined();
});

test("REQUIRE X509 and SUBJECT want a certificate of the client's, which the log says", async () => {
  const { username, password } = await newAccount("REQUIRE SUBJECT '/CN=app'");

  expect(await connect(username, password)).toBeUndefined();

  expect(log.join("\n")).toContain("SUBJECT");
});

const UNABLE: [what: string, properties: string, reason: string, says: string][] = [
  ["a locked account", "ACCOUNT LOCK", "account-locked", "ACCOUNT UNLOCK"],
  ["an expired password", "PASSWORD EXPIRE", "password-expired", "expired"],
];

test.each(UNABLE)("%s", async (_, properties, reason, says) => {
  const { username, password } = await newAccount(properties);

  const refused = await failure(connect(username, password));

  expect(refused.reason).toBe(reason);
  expect(refused.message).toContain(says);
});

test("an account locked by FAILED_LOGIN_ATTEMPTS", async () => {
  const { username, password } = await newAccount("FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1");
  await database.accepts(username, "wrong").catch(() => {});

  const refused = await failure(connect(username, password));

  expect(refused.reason).toBe("account-locked");
  expect(refused.message).toContain("failed logins");
});

test("MAX_USER_CONNECTIONS used up by the application's own pool", async () => {
  const { username, password } = await newAccount("WITH MAX_USER_CONNECTIONS 1");
  await using _pool = await session(username, password);

  const refused = await failure(connect(username, password));

  expect(refused.reason).toBe("connection-limit");
});

test("MAX_CONNECTIONS_PER_HOUR used up", async () => {
  const { username, password } = await newAccount("WITH MAX_CONNECTIONS_PER_HOUR 1");
  await (await session(username, password))[Symbol.asyncDispose]();

  const refused = await failure(connect(username, password));

  expect(refused.reason).toBe("connection-limit");
});

test("a server without a connection left", async () => {
  const { username, password } = await newAccount();
  await sql("SET GLOBAL max_connections = 1");
  const pool = await Promise.all([1, 2].map(() => connect(username, password).catch(() => undefined)));

  const refused = await failure(connect(username, password));

  await Promise.all(pool.map((one) => one?.[Symbol.asyncDispose]()));
  await sql("SET GLOBAL max_connections = 100");
  expect(refused.reason).toBe("connection-limit");
});

test("a database that does not exist, and one that the user may not use", async () => {
  const { username, password } = await newAccount();
  await sql(`GRANT SELECT ON nowhere.* TO ${username}`);

  const missing = await failure(connect(username, password, { database: "nowhere" }));
  const forbidden = await failure(connect(username, password, { database: "mysql" }));

  expect(missing.reason).toBe("missing-database");
  expect(forbidden.reason).toBe("missing-privilege");
  expect(missing.message).toContain("dbname");
});

test("an account without a name, which shadows the user's, is not rotated", async () => {
  const { username } = await newAccount();
  await sql("CREATE USER ''@localhost IDENTIFIED BY 'anonymous'");

  const refused = await failure(connect(username, "anonymous"));

  await sql("DROP USER ''@localhost");
  expect(refused.reason).toBe("wrong-user");
});

test("a proxied account is not rotated", async () => {
  const target = await newAccount();
  const { username, password } = await newAccount();
  await sql(
    `ALTER USER ${username} IDENTIFIED WITH sha256_password BY '${password}'`,
    `GRANT PROXY ON ${target.username} TO ${username}`,
    "SET GLOBAL check_proxy_users = ON, GLOBAL sha256_password_proxy_users = ON",
  );

  const refused = await failure(connect(username, password));

  await sql("SET GLOBAL check_proxy_users = OFF");
  expect(refused.reason).toBe("wrong-user");
  expect(refused.message).toContain("PROXY");
});

test("a user on several hosts: only the account that fits the function's address changes", async () => {
  const { username, password } = await newAccount();
  await sql(`CREATE USER ${username}@'localhost' IDENTIFIED BY 'near'`);

  await using own = await session(username, "near");
  await own.changeOwnPassword("second");

  expect(log.join("\n")).toContain(`'${username}'@'localhost'`);
  await sql(`DROP USER ${username}@'localhost'`);
  expect(await database.accepts(username, password)).toBe(true);
});

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

  await own.changeOwnPassword("second");
  const { differences } = await lab.rotate(cloneOf(username), "second");

  expect(differences).toEqual([]);
});

test("V41 a master without SELECT on the mysql schema is told the statement, which helps", async () => {
  const { username, password } = await newAccount();
  await sql("CREATE USER weak IDENTIFIED BY 'weak'", "GRANT CREATE USER ON *.* TO weak");
  await using weak = await session("weak", "weak");

  const refused = await failure(weak.missingMark(cloneOf(username)));

  expect(refused.reason).toBe("missing-privilege");
  expect(refused.message).toContain("GRANT SELECT ON mysql.* TO 'weak'@'%'");
  expect(await database.accepts(username, password)).toBe(true);
});

test("V12 whatever the master lacks, it is told before the first change, and the statements help", async () => {
  const { username, password } = await newAccount();
  await sql(
    "CREATE DATABASE hr",
    "CREATE TABLE hr.people (id int)",
    "CREATE PROCEDURE hr.pay() SELECT 1",
    "CREATE ROLE reader",
    `GRANT PROCESS ON *.* TO ${username}`,
    `GRANT BACKUP_ADMIN ON *.* TO ${username} WITH GRANT OPTION`,
    `GRANT SELECT ON hr.* TO ${username} WITH GRANT OPTION`,
    `GRANT UPDATE (id) ON hr.people TO ${username}`,
    `GRANT EXECUTE ON PROCEDURE hr.pay TO ${username}`,
    `GRANT reader TO ${username}`,
    `GRANT PROXY ON 'a'@'b' TO ${username}`,
    "CREATE USER modest IDENTIFIED BY 'modest'",
    "GRANT SELECT ON mysql.* TO modest",
  );
  await using modest = await session("modest", "modest");
  const before = (await database.server.log()).match(/Query\t(CREATE|ALTER|GRANT|REVOKE)/g)?.length;

  const refused = await failure(modest.prepareAlternate(cloneOf(username), "pending"));

  expect(refused.reason).toBe("missing-privilege");
  expect((await database.server.log()).match(/Query\t(CREATE|ALTER|GRANT|REVOKE)/g)?.length).toBe(before);
  const statements = /Run as an administrator: (.*)$/.exec(refused.message)?.[1]?.split("; ") ?? [];
  expect(statements.length).toBeGreaterThan(7);
  await sql(...statements);
  await using cured = await session("modest", "modest");
  await cured.prepareAlternate(cloneOf(username), "pending");
  await using pending = await session(`${username}_clone`, "pending");
  expect(await pending.differences(cloneOf(username), () => session(username, password))).toEqual([]);
});

test("a master with the least that the README asks for is enough", async () => {
  const { username, password } = await newAccount();
  await database.createMaster("least", "least", username);
  await using least = await session("least", "least");

  await least.prepareAlternate(cloneOf(username), "pending");

  await using pending = await session(`${username}_clone`, "pending");
  expect(await pending.differences(cloneOf(username), () => session(username, password))).toEqual([]);
});

test("an account with SYSTEM_USER needs a master that has it", async () => {
  const { username } = await newAccount();
  await prepare(cloneOf(username), "pending");
  await database.createMaster("ordinary", "ordinary", username);
  await sql(`GRANT SYSTEM_USER ON *.* TO ${username}`, `GRANT SYSTEM_USER ON *.* TO ${username}_clone`);
  await using ordinary = await session("ordinary", "ordinary");

  const refused = await failure(ordinary.prepareAlternate(cloneOf(username), "another"));

  expect(refused.reason).toBe("missing-privilege");
  expect(refused.message).toContain("GRANT SYSTEM_USER ON *.* TO 'ordinary'@'%'");
});

test.each(["read_only", "super_read_only"])(
  "a replica (%s) is told before the first write",
  async (variable) => {
    const { username } = await newAccount();
    await using master = await session(MASTER.username, MASTER.password);
    await sql(`SET GLOBAL ${variable} = ON`);

    const refused = await failure(master.prepareAlternate(cloneOf(username), "pending"));

    await sql("SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF");
    expect(refused.reason).toBe("read-only");
    expect(await sql(`SELECT 1 FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);
  },
);

test("V19 a password that the server's policy refuses: the error tells what to change", async () => {
  const { username, password } = await newAccount();
  await sql("INSTALL COMPONENT 'file://component_validate_password'");
  await using own = await session(username, password);
  await using master = await session(MASTER.username, MASTER.password);

  const byOneself = await failure(own.changeOwnPassword("short"));
  const byMaster = await failure(master.prepareAlternate(cloneOf(username), "short"));
  await master.prepareAlternate(cloneOf(username), "Long-Enough-12345");

  await sql("UNINSTALL COMPONENT 'file://component_validate_password'");
  expect([byOneself.reason, byMaster.reason]).toEqual(["password-refused", "password-refused"]);
  expect(byOneself.message).toContain("PASSWORD_LENGTH");
  expect(await database.accepts(`${username}_clone`, "Long-Enough-12345")).toBe(true);
});
