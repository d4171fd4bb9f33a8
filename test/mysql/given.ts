import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { startMysqlDatabase } from "../../local/mysql/database.ts";
import type { ServedDatabase } from "../../local/mysql-family/database.ts";
import type { ServerOptions } from "../../local/mysql-family/options.ts";
import type { Engine, Invocation, Login, Pair, Session } from "../../shared/engine/engine.ts";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { readSettings } from "../../shared/secret/settings.ts";

/** A server, and the engine beside it without Lambda and Secrets Manager. */
export interface Lab extends AsyncDisposable {
  readonly database: ServedDatabase;
  /** What the engine has logged. */
  readonly log: string[];
  /** As root, one statement after the other. @returns the rows of the last one, column by column. */
  sql(...statements: string[]): Promise<unknown[][]>;
  login(username: string, password: string, changes?: Partial<Login>): Login;
  invocation(milliseconds?: number, environment?: Record<string, string>): Invocation;
  /** Logs in, and fails if the server does not let the user in. */
  session(
    username: string,
    password: string,
    changes?: Partial<Login>,
    environment?: Record<string, string>,
  ): Promise<Session>;
  /** A user name that nobody has yet, and whose alternate nobody has either. */
  newName(): string;
  /** Creates an account that may use the database; `properties` are the rest of CREATE USER. */
  newAccount(properties?: string): Promise<{ username: string; password: string }>;
  /** As the master. */
  prepare(pair: Pair, password: string): Promise<void>;
  /** What testSecret would find. */
  differences(pair: Pair, pendingPassword: string, currentPassword: string): Promise<string[]>;
  /** Prepares the alternate user and returns what testSecret would find. */
  rotate(pair: Pair, currentPassword: string): Promise<{ password: string; differences: string[] }>;
  grants(username: string): Promise<string[]>;
}

export const MASTER = { username: "master", password: "master's password" };

let names = 0;

export async function startLab(options: ServerOptions = {}): Promise<Lab> {
  return await labOf(mysql, await startMysqlDatabase(options));
}

export async function labOf(engine: Engine, database: ServedDatabase): Promise<Lab> {
  const { server, caFile } = database;
  const log: string[] = [];
  const line = (message: string) => void log.push(message);

  const invocation = (milliseconds = 20_000, environment: Record<string, string> = {}): Invocation => ({
    deadline: deadlineOf({ getRemainingTimeInMillis: () => milliseconds }),
    settings: readSettings({ DATABASE_CA_FILE: caFile, ...environment }),
    log: { info: line, warn: line, error: line },
  });
  const login = (username: string, password: string, changes: Partial<Login> = {}): Login => ({
    host: "localhost",
    port: server.port,
    database: undefined,
    username,
    password,
    tls: { serverName: undefined },
    ...changes,
  });
  const session: Lab["session"] = async (username, password, changes, environment) => {
    const opened = await engine.connect(
      login(username, password, changes),
      invocation(undefined, environment),
    );
    return opened ?? expect.fail(`The server does not let ${username} in.`);
  };
  const sql = async (...statements: string[]) => {
    await using root = await server.connect();
    let rows: unknown[][] = [];
    for (const statement of statements) {
      const [result] = await root.query({ sql: statement, rowsAsArray: true });
      rows = Array.isArray(result) ? (result as unknown[][]) : [];
    }
    return rows;
  };
  const newName = () => `app_${++names}`;
  const prepare = async (pair: Pair, password: string) => {
    await using master = await session(MASTER.username, MASTER.password);
    await master.prepareAlternate(pair, password);
  };
  const differences: Lab["differences"] = async (pair, pendingPassword, currentPassword) => {
    await using pending = await session(pair.alternate, pendingPassword);
    return await pending.differences(pair, () => session(pair.current, currentPassword));
  };
  await sql(
    `CREATE USER ${MASTER.username} IDENTIFIED BY '${MASTER.password.replace("'", "''")}'`,
    `GRANT ALL ON *.* TO ${MASTER.username} WITH GRANT OPTION`,
    `GRANT PROXY ON ''@'' TO ${MASTER.username} WITH GRANT OPTION`,
  );
  return {
    database,
    log,
    sql,
    login,
    invocation,
    session,
    newName,
    newAccount: async (properties = "") => {
      const account = { username: newName(), password: randomUUID() };
      await sql(
        `CREATE USER ${account.username} IDENTIFIED BY '${account.password}' ${properties}`,
        `GRANT ALL ON app.* TO ${account.username}`,
      );
      return account;
    },
    prepare,
    differences,
    rotate: async (pair, currentPassword) => {
      const password = randomUUID();
      await prepare(pair, password);
      return { password, differences: await differences(pair, password, currentPassword) };
    },
    grants: async (username) => (await sql(`SHOW GRANTS FOR ${username}`)).flat().map(String).sort(),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export function cloneOf(current: string): Pair {
  return { current, alternate: `${current}_clone`, clone: "alternate" };
}

export function backFrom({ current, alternate }: Pair): Pair {
  return { current: alternate, alternate: current, clone: "current" };
}

/** What the engine threw. */
export async function failure(work: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const thrown = await work.then(
    () => expect.fail("It should have failed."),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(RotationError);
  const { reason, message } = thrown as RotationError;
  return { reason, message };
}

/** SHOW CREATE USER but for the name and the password. */
export async function showCreateUser({ sql }: Lab, username: string): Promise<string> {
  const [[created] = []] = await sql(`SHOW CREATE USER ${username}`);
  return String(created)
    .replaceAll(`\`${username}\`@`, "`x`@")
    .replace(/ AS '.*?'(?= DEFAULT ROLE| REQUIRE)/s, "");
}
