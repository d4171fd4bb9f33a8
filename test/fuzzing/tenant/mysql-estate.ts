import { type Connection, createConnection, escape as literal } from "mysql2/promise";
import type { ServedDatabase } from "../../../local/servers/mysql-family/database.ts";
import type { ContractServer } from "../../contract/contract-server.ts";
import { MYSQL_FAMILY_TENANT } from "../../support/tenant/mysql-family.ts";
import { castOf, victimOf, withNames } from "./cast.ts";
import type { Credentials, Estate, Run } from "./estate.ts";

/** Where the contract's tables are. */
const SCHEMA = "contract";

/** ER_PARSE_ERROR: a mistake in a move, unless it is in the other product's language. */
const PARSE_ERROR = 1064;

const user = (name: string) => `${literal(name)}@'%'`;

/** Tables of `mysql` by the column with the user; neither product has all of them. */
const PRIVILEGES: Record<string, string> = {
  global_grants: "USER",
  db: "User",
  tables_priv: "User",
  columns_priv: "User",
  procs_priv: "User",
  proxies_priv: "User",
};

const DEFINERS = `
  SELECT DEFINER AS definer, CONCAT('the routine ', ROUTINE_SCHEMA, '.', ROUTINE_NAME) AS what FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA <> 'sys'
  UNION ALL SELECT DEFINER, CONCAT('the view ', TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.VIEWS WHERE TABLE_SCHEMA <> 'sys'
  UNION ALL SELECT DEFINER, CONCAT('the trigger ', TRIGGER_SCHEMA, '.', TRIGGER_NAME) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA <> 'sys'
  UNION ALL SELECT DEFINER, CONCAT('the event ', EVENT_SCHEMA, '.', EVENT_NAME) FROM information_schema.EVENTS`;

/** @param number tells its users from those of all other cases. */
export async function foundOnMysql(
  engine: "mysql" | "mariadb",
  database: ServedDatabase,
  contract: ContractServer,
  number: number,
): Promise<Estate> {
  await using cleanUp = new AsyncDisposableStack();
  const { host, port } = database.address;
  const cast = castOf(number);
  const passwords = { tenant: secret(), hr: secret(), peer: secret(), admin: secret() };
  const root = cleanUp.use(await database.server.connect());
  const query = async (statement: string, values?: unknown[]): Promise<Record<string, unknown>[]> => {
    const [rows] = await root.query(statement, values);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []; // One statement has one result.
  };
  const accounts = async () =>
    new Set(
      (await query("SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) AS name FROM mysql.user")).map(({ name }) =>
        String(name),
      ),
    );
  const before = await accounts();
  cleanUp.defer(async () => {
    for (const name of (await accounts()).difference(before)) {
      await query(`DROP USER IF EXISTS ${name}`).catch(() =>
        query(`DROP ROLE IF EXISTS ${name.replace(/@''$/, "")}`),
      );
    }
  });
  const { tenant, hr, peer, admin } = cast;
  const treasure = `${SCHEMA}.${hr}_salaries`;
  cleanUp.defer(async () => {
    for (const name of [`${tenant}_hidden`, tenant]) await query(`DROP DATABASE IF EXISTS ${name}`);
    await query(`DROP TABLE IF EXISTS ${treasure}`);
  });
  const sessions = cleanUp.use(openSessions({ host, port }));
  for (const one of ["tenant", "hr", "peer"] as const)
    await query(`CREATE USER ${user(cast[one])} IDENTIFIED BY ?`, [passwords[one]]);
  await database.createMaster(admin, passwords.admin, hr);
  for (const statement of [
    `CREATE DATABASE ${tenant}`,
    `CREATE DATABASE ${tenant}_hidden`,
    `CREATE TABLE ${treasure} (owner VARCHAR(200), secret VARCHAR(200))`,
    `GRANT ALL ON ${treasure} TO ${user(hr)}`,
    `GRANT ALL ON ${SCHEMA}.* TO ${user(admin)} WITH GRANT OPTION`,
    `GRANT ALL ON ${tenant}.* TO ${user(admin)} WITH GRANT OPTION`,
    ...[tenant, peer].map((one) => `GRANT ALL ON ${tenant}.* TO ${user(one)} WITH GRANT OPTION`),
  ])
    await query(statement);
  const stored = await query("SELECT User AS name, authentication_string AS hash FROM mysql.user");
  const was = new Map(stored.map(({ name, hash }) => [String(name), String(hash)]));
  const tables = (
    await query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name IN (?)",
      [Object.keys(PRIVILEGES)],
    )
  ).map(({ name }) => String(name));
  const founded = cleanUp.move();

  return {
    engine,
    cast,
    database,
    passwords,
    ownDatabase: async () => undefined,
    attempt: async (move, known) => {
      const login = known.filter(({ username }) => username === cast[move.as]);
      const sql =
        typeof move.sql === "string"
          ? MYSQL_FAMILY_TENANT.moves[move.sql](victimOf(cast))
          : move.sql.map((statement) => withNames(statement, cast, user));
      await sessions.run(move, sql, login);
    },
    release: () => sessions.release(),
    administer: async (statements) => {
      for (const statement of statements.split(/;\s*(?=[A-Z]|$)/).filter(Boolean)) await query(statement);
    },
    discardTraps: async () => {}, // Only an administrator can make one of another user.
    facts: async () =>
      Object.entries(await contract.inventory()).flatMap(([about, lines]) =>
        lines.map((line) => ({ about, text: `${about} ${line}` })),
      ),
    reached: async (made, known) => {
      const mine = [cast.tenant, cast.tenant_clone, ...made];
      const found: string[] = [];
      const edges =
        engine === "mysql"
          ? await query(
              "SELECT FROM_USER AS role, TO_USER AS name FROM mysql.role_edges WHERE TO_USER IN (?)",
              [mine],
            )
          : await query("SELECT Role AS role, User AS name FROM mysql.roles_mapping WHERE User IN (?)", [
              mine,
            ]);
      const marker = `rotation_clone_of_${cast.tenant}`;
      for (const { role, name } of edges)
        if (!mine.includes(String(role)) && role !== marker) found.push(`${name} has the role ${role}`);
      for (const table of tables) {
        const rows = await query(`SELECT * FROM mysql.${table} WHERE ${PRIVILEGES[table]} IN (?)`, [
          [...mine, ""],
        ]);
        for (const { Timestamp, Grantor, ...row } of rows) {
          if (![cast.tenant, `${cast.tenant}_hidden`].includes(String(row.Db)))
            found.push(`a privilege in ${table}: ${JSON.stringify(row)}`);
        }
      }
      for (const { User, ...row } of await query("SELECT * FROM mysql.user WHERE User IN (?)", [
        [...mine, ""],
      ])) {
        const all = Object.entries(row).filter(
          ([column, value]) => column.endsWith("_priv") && value === "Y",
        );
        for (const [column] of all) found.push(`${User} has ${column}`);
      }
      for (const { definer, what } of await query(DEFINERS)) {
        const name = String(definer).replace(/@[^@]*$/, "");
        if (!mine.includes(name)) found.push(`${what} runs with the rights of ${name}`);
      }
      const now = await query("SELECT User AS name, authentication_string AS hash FROM mysql.user");
      for (const { name, hash } of now) {
        if (mine.includes(String(name)) || was.get(String(name)) === String(hash)) continue;
        for (const password of new Set(known.map((one) => one.password)))
          if (await logsIn(host, port, { username: String(name), password }))
            found.push(`the tenant knows the password of ${name}`);
      }
      return found;
    },
    mismatch: async (pending, current) => {
      const [one, other] = await Promise.all(
        [pending, current].map(({ username }) => contract.traits(username)),
      );
      return one === other ? [] : [`${pending.username} is ${one}, ${current.username} is ${other}`];
    },
    readsSalaries: ({ username, password }) =>
      logsIn(host, port, { username, password }, `SELECT * FROM ${treasure}`),
    [Symbol.asyncDispose]: () => founded.disposeAsync(),
  };
}

const secret = () => `Pw-${crypto.randomUUID()}`;

function connect(host: string, port: number, { username, password }: Credentials): Promise<Connection> {
  // The server's certificate is no matter here, and caching_sha2_password takes no password without TLS.
  return createConnection({ host, port, user: username, password, ssl: { rejectUnauthorized: false } });
}

async function logsIn(host: string, port: number, login: Credentials, statement = "DO 0"): Promise<boolean> {
  try {
    await using session = await connect(host, port, login);
    await session.query(statement);
    return true;
  } catch {
    return false;
  }
}

/** The tenant's sessions: as whom it is let in, for as long as that lasts. */
function openSessions({ host, port }: { host: string; port: number }) {
  const open = new Map<string, Connection>();
  const held: Connection[] = [];
  const first = async (login: readonly Credentials[]) => {
    for (const one of login) {
      const session = await connect(host, port, one).catch(() => undefined);
      if (session === undefined) continue;
      session.on("error", () => {});
      await session.query("SET SESSION lock_wait_timeout = 1").catch(() => {});
      return session;
    }
    return undefined;
  };
  async function run({ as, hold }: Run, sql: readonly string[], login: readonly Credentials[]) {
    const session = (hold ? undefined : open.get(as)) ?? (await first(login));
    if (session === undefined) return;
    if (hold) held.push(session);
    else open.set(as, session);
    for (const statement of sql) {
      try {
        await session.query(statement);
      } catch (error) {
        const errno = Number(Object(error).errno);
        if (!(errno >= 1000)) open.delete(as);
        else if (errno === PARSE_ERROR && !ONE_PRODUCT.test(statement))
          throw new Error(`${statement}: ${error}`);
      }
    }
  }
  const release = async () => {
    await Promise.all(held.splice(0).map((session) => session.end().catch(() => {})));
  };
  return {
    run,
    release,
    [Symbol.asyncDispose]: async () => {
      await release();
      await Promise.all([...open.values()].map((session) => session.end().catch(() => {})));
    },
  };
}

/** Statements that only one of the two products knows. */
const ONE_PRODUCT = /USER\(\)|ATTRIBUTE|RETAIN|ROLE|PASSWORD|DEFINER|PROXY|GRANT|CURRENT|FUNCTION|COMMENT/;
