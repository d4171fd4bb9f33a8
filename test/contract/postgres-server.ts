import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import type { PostgresServer } from "../../local/servers/postgres/server.ts";
import { oneAfterAnother } from "../support/one-after-another.ts";
import { POSTGRES_TENANT } from "../support/tenant/postgres.ts";
import type { ContractServer, ContractServerOptions, Privilege, UserSession } from "./contract-server.ts";
import { POSTGRES_DEVIATIONS, POSTGRES_INTRUSIONS, revokeMembership } from "./postgres-deviations.ts";
import { POSTGRES_INVENTORY } from "./postgres-inventory.ts";
import { POSTGRES_ENDLESS, POSTGRES_REFUSALS, withOtherProcessId } from "./postgres-protocol.ts";

const { Client, escapeIdentifier, escapeLiteral } = pg;

/** Statements that succeed exactly if the user has the privilege. */
const USES: Record<Privilege, (table: string) => string> = {
  SELECT: (table) => `SELECT * FROM ${table}`,
  INSERT: (table) => `INSERT INTO ${table} VALUES (1)`,
  UPDATE: (table) => `UPDATE ${table} SET id = 1`,
  DELETE: (table) => `DELETE FROM ${table}`,
};

/** SQLSTATE insufficient_privilege. */
const NOT_ALLOWED = "42501";

const SNAPSHOT = `
  SELECT jsonb_pretty(jsonb_build_object(
    'roles', (SELECT jsonb_agg(role ORDER BY rolname) FROM pg_authid role),
    'memberships', (SELECT jsonb_agg(one ORDER BY one::text) FROM pg_auth_members one),
    'settings', (SELECT jsonb_agg(one ORDER BY one::text) FROM pg_db_role_setting one),
    'tables', (SELECT jsonb_agg(jsonb_build_array(oid::regclass, relowner, relacl) ORDER BY oid)
                 FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  )) AS snapshot`;

const FINGERPRINT = `
  SELECT jsonb_build_array(
    (SELECT to_jsonb(role) FROM pg_authid role WHERE rolname = $1),
    (SELECT jsonb_agg(one ORDER BY one::text) FROM pg_auth_members one WHERE member = to_regrole($2)),
    (SELECT jsonb_agg(one ORDER BY one::text) FROM pg_db_role_setting one WHERE setrole = to_regrole($2))
  )::text AS text`;

/** The rest of the two is the same: a clone is a member of its base user, inherits, and acts as it. */
const TRAITS = `
  SELECT jsonb_build_array(
    rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil,
    (SELECT jsonb_agg(setting ORDER BY setting)
       FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setrole = role.oid AND setting NOT LIKE 'role=%')
  )::text AS text FROM pg_authid role WHERE rolname = $1`;

export async function startContractServer(options: ContractServerOptions): Promise<ContractServer> {
  const version = process.env.POSTGRES_VERSION ?? "18";
  const database = await startPostgresDatabase({ ...options, version, settings: { log_statement: "all" } });
  const { server } = database;
  // The administrator's statements hold first passwords. The log is read for what others send.
  await server.query("ALTER ROLE postgres SET log_statement TO none");
  // A statement that waits for a lock must not delay the next look: the holder of the lock may wait for it.
  const observer = lastingSession(server);
  return {
    database,
    longestName: { length: 63, unit: "bytes" },
    sourceOfTruth: "base",
    createTable: async (name) => {
      await server.query(`CREATE TABLE ${escapeIdentifier(name)} (id INTEGER)`);
    },
    grant: async (privilege, table, username, option = undefined) => {
      const [on, to] = [table, username].map(escapeIdentifier);
      await server.query(`GRANT ${privilege} ON ${on} TO ${to} ${option ?? ""}`);
    },
    revoke: async (privilege, table, username) => {
      const [on, from] = [table, username].map(escapeIdentifier);
      await server.query(`REVOKE ${privilege} ON ${on} FROM ${from}`);
    },
    dropTable: async (name) => {
      await server.query(`DROP TABLE ${escapeIdentifier(name)}`);
    },
    weakenMaster: async (username) => {
      await server.query(`ALTER ROLE ${escapeIdentifier(username)} NOCREATEROLE`);
    },
    unmark: async ({ current, alternate }) => {
      await server.query(revokeMembership(current, alternate));
    },
    letPrepare: async (admin, usernames) => {
      const roles = usernames.map(escapeIdentifier).join();
      await server.query(`GRANT ${roles} TO ${escapeIdentifier(admin)} WITH ADMIN OPTION`);
    },
    lockAccount: async (username) => {
      await server.query(`ALTER ROLE ${escapeIdentifier(username)} NOLOGIN`);
    },
    limitConnections: async (username, most) => {
      await server.query(`ALTER ROLE ${escapeIdentifier(username)} CONNECTION LIMIT ${most}`);
    },
    administer: async (statements) => {
      await server.query(statements);
    },
    open: async (user, password) => {
      const ssl = { ca: await readFile(database.caFile, "utf8") };
      const { host, port } = server;
      return openSession(new Client({ host, port, user, password, database: "postgres", ssl }));
    },
    openSessions: async (username) => {
      const count = "SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename = $1";
      return (await server.query(count, [username])).rows[0].sessions;
    },
    log: server.log,
    statements: async (username) => {
      // The log's lines begin with time, process and SQLSTATE, then user and database between tabs.
      const lines = (await server.log()).split("\n").filter((line) => line.split("\t")[1] === username);
      return lines.flatMap((line) => /LOG: {2}(?:statement|execute [^:]+): (.*)/.exec(line)?.[1] ?? []);
    },
    inventory: async () => {
      const { rows } = await observer.query(POSTGRES_INVENTORY);
      const lines = Map.groupBy(rows, ({ username }) => String(username));
      return Object.fromEntries([...lines].map(([name, all]) => [name, all.map(({ line }) => String(line))]));
    },
    snapshot: async () => (await server.query(SNAPSHOT)).rows[0].snapshot,
    fingerprint: async (username) => {
      const { rows } = await observer.query(FINGERPRINT, [username, escapeIdentifier(username)]);
      return rows[0].text;
    },
    traits: async (username) => (await observer.query(TRAITS, [username])).rows[0]?.text ?? "no such user",
    dropUser: async (username) => {
      const { rows } = await server.query("SELECT FROM pg_roles WHERE rolname = $1", [username]);
      const user = escapeIdentifier(username);
      if (rows.length > 0) await server.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
    },
    blockPasswordChange: async (username) => {
      const session = await server.connect();
      await session.query("BEGIN");
      await session.query(`ALTER ROLE ${escapeIdentifier(username)} CONNECTION LIMIT 99`);
      return { [Symbol.asyncDispose]: () => session.end() };
    },
    setPassword: async (username, password) => {
      await server.query(`ALTER ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(password)}`);
    },
    restart: async () => {
      await observer.end();
      await server.restart();
    },
    useUpConnections: () => useUpConnections(server),
    becomeReadOnly: async () => {
      await observer.end();
      return becomeStandby(server);
    },
    reservedUser: "postgres",
    deviations: POSTGRES_DEVIATIONS,
    intrusions: POSTGRES_INTRUSIONS,
    endlessAnswers: POSTGRES_ENDLESS,
    tenant: POSTGRES_TENANT,
    withOtherSessionNumber: withOtherProcessId,
    otherRefusals: POSTGRES_REFUSALS,
    [Symbol.asyncDispose]: async () => {
      await observer.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** One session for many statements, one after the other; another one when the server has ended it. */
function lastingSession({ connect }: PostgresServer) {
  let session: Promise<pg.Client> | undefined;
  const joinStatements = oneAfterAnother();
  const open = async () => {
    const opened = await connect();
    return opened.once("end", () => {
      session = undefined;
    });
  };
  const query = async (statement: string, values?: unknown[]): Promise<pg.QueryResult> => {
    session ??= open();
    return (await session).query(statement, values);
  };
  return {
    query: (statement: string, values?: unknown[]) => joinStatements(() => query(statement, values)),
    /** The next statement opens another one. */
    end: async () => {
      const ending = session;
      session = undefined;
      await (await ending)?.end();
    },
  };
}

async function openSession(client: pg.Client): Promise<UserSession> {
  client.on("error", () => {}); // The server ends it when it restarts; the next statement fails anyway.
  await client.connect();
  const run = async (statement: string) => {
    try {
      await client.query(statement);
      return true;
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === NOT_ALLOWED) return false;
      throw error;
    }
  };
  return {
    may: (privilege, table) => run(USES[privilege](escapeIdentifier(table))),
    grant: async (privilege, table, username) => {
      await run(`GRANT ${privilege} ON ${escapeIdentifier(table)} TO ${escapeIdentifier(username)}`);
    },
    run,
    query: async (statement) => (await client.query(statement)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** SQLSTATE too_many_connections. */
const TURNED_AWAY = "53300";

/** Superusers have connections of their own (superuser_reserved_connections). */
async function useUpConnections(server: PostgresServer): Promise<AsyncDisposable> {
  const password = randomUUID();
  await server.query(`CREATE ROLE crowd LOGIN PASSWORD '${password}'`);
  const { host, port } = server;
  await using crowd = new AsyncDisposableStack();
  crowd.defer(async () => {
    await server.query("DROP ROLE crowd");
  });
  for (;;) {
    const one = new Client({ host, port, user: "crowd", password, database: "postgres" });
    one.on("error", () => {});
    try {
      await one.connect();
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === TURNED_AWAY) return crowd.move();
      throw error;
    }
    crowd.defer(() => one.end());
  }
}

/** A server that finds standby.signal waits for a primary, and lets people read meanwhile (manual, section 26.4). */
async function becomeStandby(server: PostgresServer): Promise<AsyncDisposable> {
  const signal = join(server.directory, "data", "standby.signal");
  await writeFile(signal, "");
  const restarted = server.restart(); // It waits until the server is a primary again.
  restarted.catch(() => {});
  for (;;) {
    const { rows } = await server.query("SELECT pg_is_in_recovery() AS yes").catch(() => ({ rows: [] }));
    if (rows[0]?.yes === true) break;
    await wait(20);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await server.query("SELECT pg_promote()");
      await rm(signal, { force: true });
      await restarted;
    },
  };
}
