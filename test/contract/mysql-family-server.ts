import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Connection, createConnection, escape as literal, type RowDataPacket } from "mysql2/promise";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import type { Server } from "../../local/servers/mysql-family/server.ts";
import { MYSQL_FAMILY_TENANT } from "../support/tenant/mysql-family.ts";
import type { ContractServer, Privilege, UserSession } from "./contract-server.ts";
import { inventory, snapshot } from "./mysql-family-catalog.ts";
import { DEVIATIONS, MARIADB_INTRUSIONS, MYSQL_INTRUSIONS } from "./mysql-family-deviations.ts";
import { SCHEMA, table, user } from "./mysql-family-names.ts";
import { MYSQL_FAMILY_ENDLESS, MYSQL_FAMILY_REFUSALS, withOtherThreadId } from "./mysql-family-protocol.ts";
import { knownOf, lastingSession, traitsIn } from "./mysql-family-users.ts";

/** "… command denied", for a table, a column, a database, or the server. */
const NOT_ALLOWED = [1044, 1142, 1143, 1227];

/** Statements that succeed exactly if the user has the privilege. */
const USES: Record<Privilege, (table: string) => string> = {
  SELECT: (table) => `SELECT * FROM ${table}`,
  INSERT: (table) => `INSERT INTO ${table} VALUES (1)`,
  UPDATE: (table) => `UPDATE ${table} SET id = 1`,
  DELETE: (table) => `DELETE FROM ${table}`,
};

/** What MySQL and MariaDB have in common for the contract. */
export async function contractServer(
  database: ServedDatabase,
  usersTable: string,
  longestName: number,
): Promise<ContractServer> {
  const { server } = database;
  const isMariadb = usersTable === "global_priv";
  // A statement that waits for a lock must not delay the next look: the holder of the lock may wait for it.
  const observer = lastingSession(server);
  const administer = async (statements: string) => {
    for (const statement of statements.split(/;\s*(?=[A-Z]|$)/).filter(Boolean))
      await server.query(statement);
  };
  await administer(`CREATE DATABASE ${SCHEMA}`);
  return {
    database: {
      ...database,
      createMaster: async (username, password, of) => {
        await database.createMaster(username, password, of);
        await administer(`GRANT ALL ON ${SCHEMA}.* TO ${user(username)} WITH GRANT OPTION`);
      },
    },
    longestName: { length: longestName, unit: "characters" },
    sourceOfTruth: "current",
    createTable: (name) => administer(`CREATE TABLE ${table(name)} (id INTEGER)`),
    grant: (privilege, name, username, option) =>
      administer(`GRANT ${privilege} ON ${table(name)} TO ${user(username)} ${option ?? ""}`),
    revoke: (privilege, name, username) =>
      administer(`REVOKE ${privilege} ON ${table(name)} FROM ${user(username)}`),
    dropTable: (name) => administer(`DROP TABLE ${table(name)}`),
    weakenMaster: (username) => administer(`REVOKE CREATE USER ON *.* FROM ${user(username)}`),
    unmark: ({ current, alternate }) =>
      administer(
        isMariadb
          ? `DROP ROLE ${literal(`rotation_clone_of_${current}`)}`
          : `ALTER USER ${user(alternate)} ATTRIBUTE '{"rotation_clone_of": null}'`,
      ),
    lockAccount: (username) => administer(`ALTER USER ${user(username)} ACCOUNT LOCK`),
    limitConnections: (username, most) =>
      administer(`ALTER USER ${user(username)} WITH MAX_USER_CONNECTIONS ${most}`),
    administer,
    open: async (username, password) => {
      const ssl = { ca: await readFile(database.caFile, "utf8"), verifyIdentity: true };
      const { host, port } = server;
      return userSession(await createConnection({ host, port, user: username, password, ssl }));
    },
    openSessions: async (username) => {
      const count = "SELECT count(*) AS sessions FROM information_schema.processlist WHERE user = ?";
      return Number((await server.query(count, [username]))[0]?.sessions);
    },
    log: () => server.log(),
    statements: async (username) => statementsIn(await server.log(), username),
    snapshot: () => snapshot(server),
    inventory: () => inventory(observer),
    fingerprint: async (username) =>
      JSON.stringify(await observer.query(`SELECT * FROM mysql.${usersTable} WHERE User = ?`, [username])),
    traits: async (username) => JSON.stringify(traitsIn(await knownOf(observer, username), username)),
    dropUser: async (username) => {
      await server.query("DROP USER IF EXISTS ?@'%'", [username]);
    },
    blockPasswordChange: async () => {
      const session = await server.connect();
      await session.query(`LOCK TABLES mysql.${usersTable} READ`);
      return { [Symbol.asyncDispose]: () => session.end() };
    },
    setPassword: async (username, password) => {
      await server.query(`ALTER USER ${user(username)} IDENTIFIED BY ?`, [password]);
    },
    restart: async () => {
      await observer.end();
      await server.restart();
    },
    useUpConnections: () => useUpConnections(server),
    becomeReadOnly: async () => {
      await server.query("SET GLOBAL read_only = ON");
      return {
        [Symbol.asyncDispose]: async () => {
          await server.query("SET GLOBAL read_only = OFF");
        },
      };
    },
    ...(database.letKeepOldPassword && {
      secondPasswords: {
        allow: (username) => administer(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${user(username)}`),
        forbid: (username) => administer(`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${user(username)}`),
        keepOldAndSet: async (username, password) => {
          await server.query(`ALTER USER ${user(username)} IDENTIFIED BY ? RETAIN CURRENT PASSWORD`, [
            password,
          ]);
        },
      },
    }),
    reservedUser: isMariadb ? "mariadb.sys" : "mysql.sys",
    deviations: DEVIATIONS,
    intrusions: isMariadb ? MARIADB_INTRUSIONS : MYSQL_INTRUSIONS,
    endlessAnswers: MYSQL_FAMILY_ENDLESS,
    tenant: MYSQL_FAMILY_TENANT,
    withOtherSessionNumber: withOtherThreadId,
    otherRefusals: MYSQL_FAMILY_REFUSALS,
    [Symbol.asyncDispose]: async () => {
      await observer.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** ER_CON_COUNT_ERROR. */
const TURNED_AWAY = 1040;

/** An administrator has one connection more than all others together: the one that undoes it. */
async function useUpConnections(server: Server): Promise<AsyncDisposable> {
  await using crowd = new AsyncDisposableStack();
  const administrator = await server.connect();
  crowd.defer(() => administrator.end());
  const [rows] = await administrator.query<RowDataPacket[]>("SELECT @@GLOBAL.max_connections AS usual");
  const password = randomUUID();
  await administrator.query("CREATE USER crowd@'%' IDENTIFIED BY ?", [password]);
  await administrator.query("SET GLOBAL max_connections = 10"); // MariaDB takes no fewer.
  crowd.defer(async () => {
    await administrator.query("SET GLOBAL max_connections = ?", [rows[0]?.usual]);
    await administrator.query("DROP USER crowd@'%'");
  });
  const socketPath = join(server.directory, "server.sock");
  for (;;) {
    try {
      const one = await createConnection({ socketPath, user: "crowd", password });
      crowd.defer(() => one.end());
    } catch (error) {
      if (error instanceof Error && "errno" in error && error.errno === TURNED_AWAY) return crowd.move();
      throw error;
    }
  }
}

function userSession(connection: Connection): UserSession {
  connection.on("error", () => {}); // The next statement fails anyway.
  const run = async (statement: string) => {
    try {
      await connection.query(statement);
      return true;
    } catch (error) {
      if (error instanceof Error && "errno" in error && NOT_ALLOWED.includes(Number(error.errno)))
        return false;
      throw error;
    }
  };
  return {
    may: (privilege, name) => run(USES[privilege](table(name))),
    grant: async (privilege, name, username) => {
      await run(`GRANT ${privilege} ON ${table(name)} TO ${user(username)}`);
    },
    run,
    query: async (statement) => {
      const [rows] = await connection.query<RowDataPacket[]>(statement);
      return Array.isArray(rows) ? rows : [];
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

/** The general log says once who came with a connection's number, and then the number. */
function statementsIn(log: string, username: string): string[] {
  const own = new Set<string>();
  return log.split("\n").flatMap((line) => {
    const [, id = "", command, argument = ""] =
      /^.*?\t? *(\d+) (Connect|Query|Prepare|Execute)\t(.*)$/.exec(line) ?? [];
    if (command === "Connect") {
      if (argument.startsWith(`${username}@`)) own.add(id);
      return [];
    }
    return own.has(id) ? [argument] : [];
  });
}
