import type { Pair } from "../../../shared/engine/pair.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { ServerRefusal } from "../errors.ts";
import type { MysqlSession } from "../session.ts";
import { type AccountName, accountText, literal } from "../sql.ts";
import { type Account, compare } from "./account.ts";
import { lacking } from "./admin-privileges.ts";
import { type Alignment, alignment } from "./alignment.ts";
import { type Grant, type Grants, readGrants } from "./grants.ts";
import type { PairDialect } from "./pair-dialect.ts";

/** All that there is to know of the two users. A user is all accounts of its name: a client gets one of them. */
export interface PairFacts {
  readonly current: readonly Account[];
  readonly alternate: readonly Account[];
  readonly counterparts: readonly Counterpart[];
  /** Accounts that may act as one of the two users. */
  readonly powers: readonly Power[];
  /** The rows of the one query, for what a dialect has asked of its own. */
  readonly rows: readonly (readonly string[])[];
  /** Only if an account is to be created: objects that would run with its rights. */
  readonly definedByAlternate: readonly string[];
  readonly admin: AccountName;
  /** The admin user's own privileges and those of its active roles; only if anything but the password is to change. */
  readonly adminGrants: Grants | undefined;
  /** Only if the admin user lacks a privilege to grant: accounts that may have granted it. */
  readonly grantors: readonly Grantor[];
}

/** One account of the alternate user for each of the current one, and what it lacks to be like it. */
export interface Counterpart {
  readonly name: AccountName;
  readonly existing: Account | undefined;
  readonly alignment: Alignment;
}

export interface Power {
  readonly by: "role" | "PROXY";
  readonly holder: AccountName;
  readonly over: AccountName;
}

/** An account without CREATE USER that may grant on an object, or grant a role, or PROXY on itself. */
export interface Grantor {
  readonly account: AccountName;
  readonly on: string;
}

/** ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR. */
const MAY_NOT_READ = [1142, 1143, 1044];

/**
 * Reads as the admin user. SHOW is the truth: after INTERVAL → DEFAULT the table says NULL while the server acts on the
 * interval (seen in 9.7). What no SHOW tells comes from the tables, in one query.
 *
 * @throws RotationError `missing-privilege` if the admin user may not look at other users' accounts.
 */
export async function readFacts(session: MysqlSession, dialect: PairDialect, pair: Pair): Promise<PairFacts> {
  try {
    return await read(session, dialect, pair);
  } catch (error) {
    if (error instanceof ServerRefusal && MAY_NOT_READ.includes(error.number)) {
      throw new RotationError(
        "missing-privilege",
        `The master user ${session.account.user} may not look at the accounts and privileges of others.`,
        `Run as an administrator: GRANT SELECT ON mysql.* TO ${accountText(session.account)}`,
      );
    }
    throw error;
  }
}

async function read(session: MysqlSession, dialect: PairDialect, pair: Pair): Promise<PairFacts> {
  const texts = async (query: string) =>
    (await session.rows(query)).map((row) => row.map((column) => column ?? ""));
  const rows = await texts(query(dialect, pair));
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
  const creates = counterparts.some(({ existing }) => !existing);
  const [model] = current;
  const changes = creates || alternate.some((account) => model && compare(model, account).length > 0);
  const adminGrants = changes ? readGrants(await session.rows("SHOW GRANTS")) : undefined;
  const lacked = counterparts.flatMap(({ alignment }) => lacking(alignment.grants, adminGrants, dialect));
  const grantors = lacked.length > 0 ? await texts(grantorsQuery(dialect, lacked)) : [];
  const powers = rows.filter(([kind]) => kind === "role" || kind === "PROXY");
  return {
    current,
    alternate,
    counterparts,
    powers: powers.map(([by, user = "", host = "", overUser = "", overHost = ""]) => ({
      by: by === "role" ? "role" : "PROXY",
      holder: { user, host },
      over: { user: overUser, host: overHost },
    })),
    rows,
    definedByAlternate: creates
      ? (await texts(definersQuery(pair.alternate))).map(([what = ""]) => what)
      : [],
    admin: session.account,
    adminGrants,
    grantors: grantors.map(([user = "", host = "", on = ""]) => ({ account: { user, host }, on })),
  };
}

export function counterpartsOf(
  current: readonly Account[],
  alternate: readonly Account[],
  pair: Pair,
  { everything }: PairDialect,
): Counterpart[] {
  return current.map(({ name: { host } }) => {
    const existing = alternate.find((account) => account.name.host === host);
    const had: Grants = existing?.grants ?? new Map();
    return {
      name: { user: pair.alternate, host },
      existing,
      alignment: alignment(current[0]?.grants ?? had, had, everything),
    };
  });
}

function query({ facts }: PairDialect, pair: Pair): string {
  const users = `(${literal(pair.current)}, ${literal(pair.alternate)})`;
  return [
    // MariaDB's roles are in that table as well, on no host.
    `SELECT 'account', User, Host, '', '', '' FROM mysql.user WHERE User IN ${users} AND Host <> ''`,
    `SELECT 'PROXY', User, Host, Proxied_user, Proxied_host, '' FROM mysql.proxies_priv WHERE Proxied_user IN ${users}`,
    ...facts(users, pair),
  ].join(" UNION ALL ");
}

/** Objects in schemas that the admin user sees. */
function definersQuery(user: string): string {
  const name = "SUBSTRING(DEFINER, 1, CHAR_LENGTH(DEFINER) - LOCATE('@', REVERSE(DEFINER)))";
  return ["TABLE VIEWS", "ROUTINE ROUTINES", "TRIGGER TRIGGERS", "EVENT EVENTS"]
    .map((kind) => kind.split(" "))
    .map(
      ([column, table]) =>
        `SELECT CONCAT(${column}_SCHEMA, '.', ${column}_NAME, ' in ${table}') FROM information_schema.${table} ` +
        `WHERE ${name} = BINARY ${literal(user)}`,
    )
    .join(" UNION ALL ");
}

/** A column with a name in it, as the server prints names. */
export const quoted = (column: string) => `CONCAT('\`', REPLACE(${column}, '\`', '\`\`'), '\`')`;

function grantorsQuery({ roleGrantors }: PairDialect, lacked: readonly Grant[]): string {
  const on = (object: string, table: string, condition: string) =>
    `SELECT User, Host, CONCAT(${object}) AS what FROM mysql.${table} WHERE ${condition}`;
  const selects = [
    on(`${quoted("Db")}, '.*'`, "db", "Grant_priv = 'Y'"),
    on(`${quoted("Db")}, '.', ${quoted("Table_name")}`, "tables_priv", "FIND_IN_SET('Grant', Table_priv)"),
    on(
      `Routine_type, ' ', ${quoted("Db")}, '.', ${quoted("Routine_name")}`,
      "procs_priv",
      "FIND_IN_SET('Grant', Proc_priv)",
    ),
    roleGrantors,
    // Each account may grant PROXY on itself.
    ...(lacked.some(({ privilege }) => privilege === "PROXY")
      ? [on("'PROXY ', User, '@', Host", "user", "Host <> ''")]
      : []),
  ];
  return `SELECT * FROM (${selects.join(" UNION ALL ")}) g WHERE NOT EXISTS
    (SELECT 1 FROM mysql.user u WHERE u.User = g.User AND u.Host = g.Host AND u.Create_user_priv = 'Y')`;
}
