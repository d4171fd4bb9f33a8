import type { Pair } from "../../../shared/engine/pair.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { ServerRefusal } from "../errors.ts";
import type { MysqlSession } from "../session.ts";
import { type AccountName, accountText, literal } from "../sql.ts";
import type { Account } from "./account.ts";
import { type Counterpart, counterpartOf } from "./counterpart.ts";
import { type Grants, readGrants } from "./grants.ts";
import type { PairDialect } from "./pair-dialect.ts";

/** All facts about the two users. A user is all accounts of its name; a client's address decides which one it gets. */
export interface PairFacts {
  readonly current: readonly Account[];
  readonly alternate: readonly Account[];
  readonly counterparts: readonly Counterpart[];
  /** Facts that no SHOW prints. The first column is their kind: see `alwaysRead` and `readForChanges`. */
  readonly rows: readonly (readonly string[])[];
  readonly admin: AccountName;
  /** Privileges of the admin user and its active roles. Read only if the plan changes more than the password. */
  readonly adminGrants: Grants | undefined;
}

/**
 * Reads the facts as the admin user, by SHOW: the tables in `mysql` can differ from the server's memory (seen in 9.7 after
 * INTERVAL → DEFAULT). One query reads what no SHOW prints, and a second one what only changes besides the password need.
 */
export async function readFacts(session: MysqlSession, dialect: PairDialect, pair: Pair): Promise<PairFacts> {
  const select = async (selects: readonly string[]) => {
    const rows = await session.rows(selects.join(" UNION ALL ")).catch((error: unknown) => {
      throw error instanceof ServerRefusal && DENIED.includes(error.number) ? mayNotRead(session) : error;
    });
    return rows.map((row) => row.map((column) => column ?? ""));
  };
  const rows = await select(alwaysRead(dialect, pair));
  const accountsOf = async (user: string, partner: string) => {
    const accounts: Account[] = [];
    for (const [, , host = ""] of rows.filter(([kind, name]) => kind === "account" && name === user)) {
      accounts.push(await dialect.describe(session, { user, host }, partner));
    }
    return accounts;
  };
  const current = await accountsOf(pair.current, pair.alternate);
  const alternate = await accountsOf(pair.alternate, pair.current);
  const counterparts = counterpartsOf(current, alternate, pair, dialect);
  const changes = counterparts.some(({ steps }) => steps.length > 0);
  return {
    current,
    alternate,
    counterparts,
    rows: changes ? [...rows, ...(await select(readForChanges(dialect, pair, counterparts)))] : rows,
    admin: session.account,
    adminGrants: changes ? readGrants(await session.rows("SHOW GRANTS")) : undefined,
  };
}

export function counterpartsOf(
  current: readonly Account[],
  alternate: readonly Account[],
  pair: Pair,
  dialect: PairDialect,
): Counterpart[] {
  const cloneOf = pair.clone === "current" ? undefined : pair.current;
  const [model] = current;
  return current.map(({ name: { host } }) => {
    const existing = alternate.find((account) => account.name.host === host);
    return counterpartOf(model as Account, { user: pair.alternate, host }, existing, dialect, cloneOf);
  });
}

/** ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. */
const DENIED = [1142, 1143, 1044];

function mayNotRead({ account }: MysqlSession): RotationError {
  return new RotationError(
    "missing-privilege",
    `The master user ${account.user} may not look at the accounts and privileges of others.`,
    `Run as an administrator: GRANT SELECT ON mysql.* TO ${accountText(account)}`,
  );
}

/** Returns the rows of a kind without their first column. */
export function rowsOf({ rows }: Pick<PairFacts, "rows">, kind: string): string[][] {
  return rows.filter(([one]) => one === kind).map(([, ...row]) => row);
}

/** Queries of the accounts of the two users (user, host), and of who may act as them (user, host; as user, host). */
function alwaysRead({ facts }: PairDialect, pair: Pair): string[] {
  const users = `(${literal(pair.current)}, ${literal(pair.alternate)})`;
  return [
    // MariaDB lists roles in this table, too, with an empty host.
    `SELECT 'account', User, Host, '', '', '' FROM mysql.user WHERE User IN ${users} AND Host <> ''`,
    `SELECT 'PROXY', User, Host, Proxied_user, Proxied_host, '' FROM mysql.proxies_priv WHERE Proxied_user IN ${users}`,
    ...facts(users, pair),
  ];
}

/** Returns an SQL expression that quotes the name in a column as the server prints names. */
export const quoted = (column: string) => `CONCAT('\`', REPLACE(${column}, '\`', '\`\`'), '\`')`;

/** Queries of the facts that the changes depend on. */
function readForChanges(
  { roleGrantors }: PairDialect,
  { alternate }: Pair,
  counterparts: readonly Counterpart[],
): string[] {
  const grants = counterparts.flatMap((one) => one.grants);
  const tables = new Set(grants.filter(({ privilege }) => privilege.includes("(")).map(({ on }) => on));
  const isCreated = counterparts.some(({ existing }) => !existing);
  return [
    grantorsQuery(
      roleGrantors,
      grants.some(({ privilege }) => privilege === "PROXY"),
    ),
    ...(isCreated ? definersQueries(alternate) : []),
    ...[...tables].map(columnsQuery),
  ];
}

/** Queries of objects whose DEFINER is the user: they would run with the privileges of an account that is created. */
function definersQueries(user: string): string[] {
  const name = "SUBSTRING(DEFINER, 1, CHAR_LENGTH(DEFINER) - LOCATE('@', REVERSE(DEFINER)))";
  return ["TABLE VIEWS", "ROUTINE ROUTINES", "TRIGGER TRIGGERS", "EVENT EVENTS"]
    .map((kind) => kind.split(" "))
    .map(
      ([column, table]) =>
        `SELECT 'definer', CONCAT(${column}_SCHEMA, '.', ${column}_NAME, ' in ${table}'), '', '', '', '' ` +
        `FROM information_schema.${table} WHERE ${name} = BINARY ${literal(user)}`,
    );
}

/** Query of the existing columns of a table, which is named as in grants. */
function columnsQuery(on: string): string {
  const [schema = "", table = ""] = (on.match(/`(?:[^`]|``)*`/g) ?? []).map((name) =>
    literal(name.slice(1, -1).replaceAll("``", "`")),
  );
  return (
    `SELECT 'column', ${literal(on)}, ${quoted("COLUMN_NAME")}, '', '', '' FROM information_schema.COLUMNS ` +
    `WHERE TABLE_SCHEMA = ${schema} AND TABLE_NAME = ${table}`
  );
}

/** Query of accounts without CREATE USER (user, host) that may grant an object, a role, or PROXY on themselves. */
function grantorsQuery(roleGrantors: string, proxies: boolean): string {
  const on = (object: string, table: string, condition: string) =>
    `SELECT User, Host, CONCAT(${object}) AS what FROM mysql.${table} WHERE ${condition}`;
  const routine = `Routine_type, ' ', ${quoted("Db")}, '.', ${quoted("Routine_name")}`;
  const selects = [
    on(`${quoted("Db")}, '.*'`, "db", "Grant_priv = 'Y'"),
    on(`${quoted("Db")}, '.', ${quoted("Table_name")}`, "tables_priv", "FIND_IN_SET('Grant', Table_priv)"),
    on(routine, "procs_priv", "FIND_IN_SET('Grant', Proc_priv)"),
    roleGrantors,
    ...(proxies ? [on("'PROXY ', User, '@', Host", "user", "Host <> ''")] : []),
  ];
  return `SELECT 'grantable', User, Host, what, '', '' FROM (${selects.join(" UNION ALL ")}) g WHERE NOT EXISTS
    (SELECT 1 FROM mysql.user u WHERE u.User = g.User AND u.Host = g.Host AND u.Create_user_priv = 'Y')`;
}
