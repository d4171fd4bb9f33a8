import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Connection, createConnection, escape as literal, type RowDataPacket } from "mysql2/promise";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import type { Server } from "../../local/servers/mysql-family/server.ts";
import { MYSQL_FAMILY_TENANT } from "../support/tenant/mysql-family.ts";
import type { ContractServer, Deviation, Intrusion, Privilege, UserSession } from "./contract-server.ts";
import { MYSQL_FAMILY_ENDLESS, MYSQL_FAMILY_REFUSALS, withOtherThreadId } from "./mysql-family-protocol.ts";
import { knownOf, lastingSession, traitsIn } from "./mysql-family-users.ts";

/** Where new users have no privileges: in the local server's own database they have all of them. */
const SCHEMA = "contract";

/** "… command denied", for a table, a column, a database, or the server. */
const NOT_ALLOWED = [1044, 1142, 1143, 1227];

/** Where MySQL and MariaDB keep users and privileges; neither has all of these. */
const CATALOG = [
  "user",
  "global_priv",
  "global_grants",
  "db",
  "tables_priv",
  "columns_priv",
  "procs_priv",
  "role_edges",
  "roles_mapping",
  "default_roles",
];

/** Statements that succeed exactly if the user has the privilege. */
const USES: Record<Privilege, (table: string) => string> = {
  SELECT: (table) => `SELECT * FROM ${table}`,
  INSERT: (table) => `INSERT INTO ${table} VALUES (1)`,
  UPDATE: (table) => `UPDATE ${table} SET id = 1`,
  DELETE: (table) => `DELETE FROM ${table}`,
};

const user = (name: string) => `${literal(name)}@'%'`;
const table = (name: string) => `${SCHEMA}.\`${name}\``;

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

async function snapshot(server: Server): Promise<string> {
  const tables = await server.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name IN (?)",
    [CATALOG],
  );
  const names = tables.map(({ name }) => String(name)).sort();
  const contents = await Promise.all(names.map((name) => server.query(`SELECT * FROM mysql.${name}`)));
  return JSON.stringify(
    contents.map((rows) => rows.map((row) => JSON.stringify(row)).sort()),
    null,
    1,
  );
}

/** Columns of the tables in `mysql` that name the user whom a row is about. */
const USER_COLUMNS = ["User", "USER", "TO_USER", "FROM_USER", "Role", "Proxied_user"];

/** Where objects are that run as their definer. */
const DEFINERS = `
  SELECT DEFINER AS definer, CONCAT('defines ', ROUTINE_SCHEMA, '.', ROUTINE_NAME) AS line FROM information_schema.ROUTINES
  UNION ALL SELECT DEFINER, CONCAT('defines ', TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.VIEWS
  UNION ALL SELECT DEFINER, CONCAT('defines ', TRIGGER_SCHEMA, '.', TRIGGER_NAME) FROM information_schema.TRIGGERS
  UNION ALL SELECT DEFINER, CONCAT('defines ', EVENT_SCHEMA, '.', EVENT_NAME) FROM information_schema.EVENTS`;

/** What changes by itself. */
const NOT_COMPARED = /^(Timestamp|password_last_changed)$/i;

async function inventory(observer: ReturnType<typeof lastingSession>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const add = (username: string, line: string) => {
    const lines = found[username] ?? [];
    if (username !== "") found[username] = [...lines, line];
  };
  const tables = await observer.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name IN (?) " +
      "AND table_type = 'BASE TABLE'",
    [[...CATALOG, "proxies_priv"]],
  );
  for (const { name } of tables) {
    for (const row of await observer.query(`SELECT * FROM mysql.${name}`)) {
      const columns = Object.entries(row).filter(([column]) => !NOT_COMPARED.test(column));
      const about = columns
        .filter(([column]) => USER_COLUMNS.includes(column))
        .map(([, value]) => String(value));
      for (const username of new Set(about)) add(username, `${name}: ${JSON.stringify(columns)}`);
    }
  }
  for (const { definer, line } of await observer.query(DEFINERS)) {
    add(String(definer).split("@")[0] ?? "", String(line));
  }
  for (const lines of Object.values(found)) lines.sort();
  return found;
}

/** A user of MySQL may be granted like a role, and be the proxy of another. */
const MYSQL_INTRUSIONS: readonly Intrusion[] = [
  {
    name: "has the alternate user as a role",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT ${user(alternate)} TO ${user(outsider)}`),
  },
  {
    name: "may log in as a proxy of the alternate user",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT PROXY ON ${user(alternate)} TO ${user(outsider)}`),
  },
];

const MARIADB_INTRUSIONS: readonly Intrusion[] = [
  {
    name: "may log in as a proxy of the alternate user",
    apply: (server, { alternate }, outsider) =>
      server.administer(`GRANT PROXY ON ${user(alternate)} TO ${user(outsider)}`),
  },
];

const DEVIATIONS: Deviation[] = [
  {
    name: "the current user was granted something since",
    makes: "weaker",
    apply: (server, { current, alternate }) => grantOnNewTable(server, current, `lacking_${alternate}`),
  },
  {
    name: "the alternate user was granted something",
    makes: "stronger",
    apply: (server, { alternate }) => grantOnNewTable(server, alternate, `extra_${alternate}`),
  },
  {
    name: "the alternate user has another limit",
    makes: "otherwise different",
    apply: async (server, { alternate }) => {
      await server.administer(`ALTER USER ${user(alternate)} WITH MAX_QUERIES_PER_HOUR 7777`);
      return /MAX_QUERIES_PER_HOUR/i;
    },
  },
];

async function grantOnNewTable(server: ContractServer, username: string, name: string): Promise<RegExp> {
  await server.administer(`CREATE TABLE ${table(name)} (id INTEGER)`);
  await server.administer(`GRANT SELECT ON ${table(name)} TO ${user(username)}`);
  return new RegExp(name);
}
