import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import type { MysqlSession } from "../../functions/mysql/session.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import type { ServerOptions } from "../../local/servers/mysql-family/options.ts";
import { type CarefulEngine, careful } from "../../shared/engine/careful-engine.ts";
import type { Engine, Invocation, Login, OwnRotation, SecondPassword } from "../../shared/engine/engine.ts";
import type { Pair, PairCapability, PairView } from "../../shared/engine/pair.ts";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { type Preparation, preparePair } from "../../shared/strategies/prepare-pair.ts";

/** A server, and the engine without Lambda and Secrets Manager. */
export interface Lab extends AsyncDisposable {
  readonly engine: CarefulEngine<MysqlSession>;
  readonly database: ServedDatabase;
  /** Lines that the engine has logged. */
  readonly log: string[];
  /** Runs statements as root, one after the other. @returns the rows of the last one, each as an array of columns. */
  sql(...statements: string[]): Promise<unknown[][]>;
  login(username: string, password: string, changes?: Partial<Login>): Login;
  invocation(milliseconds?: number, environment?: Record<string, string>): Invocation;
  /** Logs in. Fails if the server rejects the login. */
  session(
    username: string,
    password: string,
    changes?: Partial<Login>,
    environment?: Record<string, string>,
  ): Promise<MysqlSession>;
  /** A new user name. Neither a user of this name nor its alternate exists. */
  newName(): string;
  /** Creates an account that may use the database. `properties` is the rest of CREATE USER. */
  newAccount(properties?: string): Promise<{ username: string; password: string }>;
  /**
   * Prepares the alternate user as setSecret does with two sessions, as the master user if no other session is given.
   */
  prepare(pair: Pair, password: string, options?: PrepareOptions): Promise<void>;
  /** The pair as the master user sees it. */
  view(pair: Pair): Promise<PairView>;
  /**
   * The statements that mark the alternate user as the current one's. Undefined if it does not exist or has the
   * ownership marker.
   */
  missingMark(pair: Pair): Promise<string | undefined>;
  /** Logs in and changes the user's own password. */
  change(
    username: string,
    from: string,
    to: string,
    options?: ChangeOptions,
  ): Promise<"kept" | "ended" | "already">;
  /** Differences that testSecret would find. */
  differences(pair: Pair, pendingPassword: string, currentPassword: string): Promise<string[]>;
  /** Prepares the alternate user. Returns its password and the differences that testSecret would find. */
  rotate(pair: Pair, currentPassword: string): Promise<{ password: string; differences: string[] }>;
  grants(username: string): Promise<string[]>;
}

export interface PrepareOptions extends Partial<Preparation> {
  readonly master?: MysqlSession;
}

export interface ChangeOptions extends Partial<OwnRotation> {
  readonly environment?: Record<string, string>;
}

/** A rotation in progress, without an abandoned rotation before it. */
export const OWN: OwnRotation = { confirm: async () => {}, abandoned: async () => [] };

/** Capabilities of the MySQL and MariaDB engines besides logins. */
export function capabilities({ pair, secondPassword }: CarefulEngine<MysqlSession>): {
  pair: PairCapability<MysqlSession>;
  discard: SecondPassword<MysqlSession>["discard"];
} {
  return {
    pair: pair ?? expect.fail("The engine has a master-user function."),
    discard: (...given) => secondPassword?.discard(...given) ?? expect.fail("No second password."),
  };
}

export const MASTER = { username: "master", password: "master's password" };

/** Statements that create objects to grant privileges on. A copy of SHOW GRANTS gets their names wrong. */
export const ODD_OBJECTS = [
  "CREATE DATABASE hr",
  "CREATE DATABASE `sales TO rent`",
  "CREATE DATABASE `tick``ed 'n' \"quoted\"`",
  "CREATE DATABASE a_b",
  "CREATE TABLE hr.people (id int, name text, `salary in €` int)",
  "CREATE TABLE hr.`on TO ``x``@``y` (id int)",
  "CREATE PROCEDURE hr.pay() SELECT 1",
  "CREATE FUNCTION hr.tax() RETURNS int DETERMINISTIC RETURN 1",
];

let names = 0;

export async function startLab(options: ServerOptions = {}): Promise<Lab> {
  return await labOf(mysql, await startMysqlDatabase(options));
}

export async function labOf(plain: Engine<MysqlSession>, database: ServedDatabase): Promise<Lab> {
  const engine = careful(plain);
  const { pair: capability } = capabilities(engine);
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
  const prepare: Lab["prepare"] = async (pair, password, { master, ...preparation } = {}) => {
    await using own = master ? undefined : await session(MASTER.username, MASTER.password);
    const admin = master ?? own ?? expect.fail();
    // The engine reads in the admin user's session only.
    const work = preparePair(capability, { admin, current: admin }, pair, password, {
      confirm: async () => {},
      isPossessed: async () => false,
      log: { info: line, warn: line, error: line },
      ...preparation,
    });
    // In a rotation, setSecret ends its session now, which releases the lock.
    await work.finally(() => master?.attempt("DO RELEASE_ALL_LOCKS()").catch(() => {}));
  };
  const view: Lab["view"] = async (pair) => {
    await using admin = await session(MASTER.username, MASTER.password);
    return await capability.read({ admin, current: admin }, pair);
  };
  const differences: Lab["differences"] = async (pair, pendingPassword, currentPassword) => {
    await using pending = await session(pair.alternate, pendingPassword);
    const openCurrent = () => session(pair.current, currentPassword);
    return [...(await capability.read({ pending, openCurrent }, pair)).differences];
  };
  await sql(
    `CREATE USER ${MASTER.username} IDENTIFIED BY '${MASTER.password.replace("'", "''")}'`,
    `GRANT ALL ON *.* TO ${MASTER.username} WITH GRANT OPTION`,
    `GRANT PROXY ON ''@'' TO ${MASTER.username} WITH GRANT OPTION`,
  );
  return {
    engine,
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
    view,
    missingMark: async (pair) => {
      const { exists, marker, mark } = (await view(pair)).ownership;
      const isMarked = marker === (pair.clone === undefined ? "partner" : "clone");
      return exists && !isMarked ? mark : undefined;
    },
    change: async (username, from, to, { environment, ...rotation } = {}) => {
      await using own = await session(username, from, {}, environment);
      return await own.changeOwnPassword(to, { ...OWN, ...rotation });
    },
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

/** The error that the engine threw. */
export async function failure(work: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const thrown = await work.then(
    () => expect.fail("It should have failed."),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(RotationError);
  const { reason, message } = thrown as RotationError;
  return { reason, message };
}

/** SHOW CREATE USER without the name and the password. */
export async function showCreateUser({ sql }: Lab, username: string): Promise<string> {
  const [[created] = []] = await sql(`SHOW CREATE USER ${username}`);
  return String(created)
    .replaceAll(`\`${username}\`@`, "`x`@")
    .replace(/ AS '.*?'(?= DEFAULT ROLE| REQUIRE)/s, "");
}
