import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { explain } from "../../functions/mysql/errors.ts";
import { openGate } from "../contract/support/gate.ts";
import { startMariadbLab } from "../mariadb/given.ts";
import { cloneOf, failure, type Lab, MASTER, OWN, startLab } from "./given.ts";

/**
 * Makes the server answer a statement of this kind with an error. The server gets another statement of the same length.
 */
function signaling(kind: RegExp, number: number) {
  return (chunk: Buffer): Buffer => {
    const text = chunk.toString("latin1");
    const statement = kind.exec(text)?.[0];
    const error = `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${number}`;
    return statement === undefined
      ? chunk
      : Buffer.from(text.replace(statement, error.padEnd(statement.length)), "latin1");
  };
}

/** Errors that servers return for a change of a password or a grant, also those of RDS, Aurora, Galera and Percona. */
const REFUSED: [number: number, reason: string, says: RegExp][] = [
  [1047, "unavailable", /node of the cluster is not ready/],
  [1053, "unavailable", /stopping/],
  [1105, "unavailable", /pxc_strict_mode/],
  [1114, "unavailable", /tmp_disk_table_size/],
  [1142, "missing-privilege", /SHOW GRANTS/],
  [1153, "unavailable", /max_allowed_packet/],
  [1205, "locked", /metadata_locks/],
  [1213, "locked", /another node of a cluster/],
  [1235, "unsupported", /proxy/],
  [1290, "read-only", /failover/],
  [1524, "unsupported", /authentication plugin/],
  [1792, "read-only", /transaction_read_only/],
  [1819, "password-refused", /policy/],
  [1836, "read-only", /failover.*primary/],
  [1874, "read-only", /primary/],
  [3101, "locked", /Group Replication/],
  [3032, "unavailable", /offline_mode = OFF/],
  [3164, "unavailable", /plugin of the server/],
  [4031, "unavailable", /wait_timeout/],
  [4081, "unavailable", /global_connection_memory_limit/],
];

describe.each([
  ["MySQL", () => startLab({ plainConnections: true }), /ALTER USER IF EXISTS .*$/s],
  ["MariaDB", () => startMariadbLab(undefined, { plainConnections: true }), /SET PASSWORD = .*$/s],
] as const)("what a server refuses, %s", async (_, start, ownChange) => {
  const lab: Lab = await start();
  const { database, engine, login, invocation, newAccount, prepare } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  test.each(REFUSED)("a change of the own password, error %i: %s", async (number, reason, says) => {
    const { username, password } = await newAccount();
    await using gate = await openGate(database.server.port);
    gate.rewriteRequest = signaling(ownChange, number);
    const opened = await engine.connect(
      login(username, password, { port: gate.port, tls: false }),
      invocation(),
    );
    await using session = opened ?? expect.fail("The server lets the user in.");

    const refused = await failure(session.changeOwnPassword("second", OWN));

    expect(refused.reason).toBe(reason);
    expect(refused.message).toMatch(says);
    expect(refused.message).not.toContain("Look the number up");
    expect(await database.accepts(username, password)).toBe(true);
  });

  test.each(REFUSED)("a grant by the admin user, error %i: %s", async (number, reason) => {
    const { username } = await newAccount();
    await using gate = await openGate(database.server.port);
    gate.rewriteRequest = signaling(/GRANT (ALL|SELECT).*$/s, number);
    const opened = await engine.connect(
      login(MASTER.username, MASTER.password, { port: gate.port, tls: false }),
      invocation(),
    );
    await using master = opened ?? expect.fail("The server lets the admin user in.");

    const refused = await failure(prepare(cloneOf(username), "pending", { master }));

    expect(refused.reason).toBe(reason);
    expect(refused.message).not.toContain("Look the number up");
    expect(await database.accepts(`${username}_clone`, "pending")).toBe(false);
  });
});

/** Names of errors about logins, accounts, passwords and privileges. */
const CONCERNS =
  /ACCESS_DENIED|PASSWORD|ACCOUNT|ACCESSDENIED|_ACCESS_DENIED|TOO_MANY|USER_LIMIT|HOST_(IS_BLOCKED|NOT_PRIV)|OFFLINE|READ_ONLY|READONLY|SECURE_TRANSPORT_REQUIRED|PLUGIN_IS_NOT_LOADED|AS_DEFINER|CONN_LIMIT|SERVER_SHUTDOWN|LOCK_WAIT|NEW_ABORTING/;

/**
 * Errors that a rotation does not meet. They are about other statements or other kinds of accounts, are warnings, or
 * are replaced by an earlier check.
 */
const ELSEWHERE =
  /AUDIT_LOG|GROUP_REPLICATION|GR_|CHANGE_SOURCE|SLAVE|REPLICA|KEYRING|KERBEROS|XA_|BINLOG|CLONE_|WARN|INNODB_REDO|TABLESPACE|DA_AUTH|PERSIST|ENCRYPTION|SCHEMA_READ_ONLY|FIREWALL|AES_|COMPONENT|OPEN_AS_READONLY|TOO_MANY_(?!USER_CONN)|VARIABLE_IS_READONLY|ANONYMOUS|PRIVILEGE_CHECKS|MFA|PASSWORDLESS|IMPORT_|CHANGE_USER|AUTHENTICATION_POLICY|SET_PASSWORD_AUTH|SYS_VAR_IN_READ_ONLY|PROCACCESS|READ_ONLY_TRANSACTION$|CURRENT_PASSWORD_NOT_REQUIRED|ER_ACCESS_DENIED_ERROR|NOT_SUPPORTED_BY_AUTH|GRANT_AS|DB_ACCESS_DENIED$|USER_REFERENCED_AS|ON_PLUGIN_CHANGE/;

test("every error that MySQL lists about logins, accounts, passwords and privileges has a sentence of its own", async () => {
  const driver = createRequire(import.meta.url).resolve("mysql2");
  const list: unknown = await import(join(dirname(driver), "lib/constants/errors.js"));
  const names = Object.entries((list as { default: object }).default);
  const concerns = names.filter(
    ([number, name]) =>
      Number(number) >= 1000 && CONCERNS.test(String(name)) && !ELSEWHERE.test(String(name)),
  );
  expect(concerns.length).toBeGreaterThan(20);

  const login = {
    host: "h",
    port: 1,
    database: undefined,
    username: "app",
    password: "x",
    tls: false,
  } as const;
  const unknown = concerns.filter(([number]) => {
    const error = Object.assign(new Error("refused"), { errno: Number(number) });
    return explain(error, "session", login)?.message.includes("Look the number up");
  });

  expect(unknown).toEqual([]);
});
