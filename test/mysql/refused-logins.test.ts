import { afterAll, beforeEach, expect, test } from "vitest";
import type { Login } from "../../shared/engine/engine.ts";
import { failure, startLab } from "./given.ts";

const lab = await startLab({ plainConnections: true });
const { database, sql, session, newAccount, log } = lab;
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => void log.splice(0));

function connect(username: string, password: string, changes?: Partial<Login>) {
  return lab.engine.connect(lab.login(username, password, changes), lab.invocation());
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
  await using administrator = await database.server.connect(); // Stays connected: a new session could not log in to undo this.
  await administrator.query("SET GLOBAL max_connections = 1");

  const refused = await failure(connect(username, password));

  await administrator.query("SET GLOBAL max_connections = 100");
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
