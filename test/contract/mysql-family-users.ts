import type { Connection, RowDataPacket } from "mysql2/promise";
import type { Server } from "../../local/servers/mysql-family/server.ts";

/** One session for many statements; another one when the server has ended it. */
export function lastingSession({ connect }: Server) {
  let session: Promise<Connection> | undefined;
  const open = async () => {
    const opened = await connect();
    return opened.once("error", () => {
      session = undefined;
    });
  };
  return {
    query: async (statement: string, values?: unknown[]): Promise<RowDataPacket[]> => {
      session ??= open();
      return (await (await session).query<RowDataPacket[]>(statement, values))[0];
    },
    /** The next statement opens another one. */
    end: async () => {
      const ending = session;
      session = undefined;
      await (await ending)?.end();
    },
  };
}

/** Rows about one user, by the table that they are in. */
type Known = Record<string, RowDataPacket[]>;

/** Where a user's rows are, and by which column; MySQL's and MariaDB's tables. */
const ABOUT_USERS: Record<string, string> = {
  user: "User",
  global_priv: "User",
  global_grants: "USER",
  db: "User",
  tables_priv: "User",
  columns_priv: "User",
  procs_priv: "User",
  role_edges: "TO_USER",
  default_roles: "USER",
};

export async function knownOf(observer: ReturnType<typeof lastingSession>, username: string): Promise<Known> {
  const tables = await observer.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name IN (?) " +
      "AND table_type = 'BASE TABLE' ORDER BY table_name",
    [Object.keys(ABOUT_USERS)],
  );
  const known: Known = {};
  for (const { name } of tables) {
    const rows = await observer.query(`SELECT * FROM mysql.${name} WHERE ${ABOUT_USERS[name]} = ?`, [
      username,
    ]);
    known[name] = rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return known;
}

/** Where names, passwords, marks and points in time are. */
const NOT_TRAITS =
  /^(User|USER|TO_USER|authentication_string|password_last_changed|User_attributes|Grantor|Timestamp)$/i;
/** Of MariaDB's JSON, in which 0 and false may as well be missing. */
const NOT_TRAITS_INSIDE = ["authentication_string", "password_last_changed", "auth_or"];

export function traitsIn(known: Known, username: string): unknown {
  const bare = (row: RowDataPacket) => {
    const entries = Object.entries(row).filter(([column]) => !NOT_TRAITS.test(column));
    return Object.fromEntries(
      entries.map(([column, value]) => [column, column === "Priv" ? inside(value) : value]),
    );
  };
  const inside = (json: object) => {
    const entries = Object.entries(json).filter(
      ([key, value]) => !NOT_TRAITS_INSIDE.includes(key) && value !== 0 && value !== false,
    );
    return entries.sort(([a], [b]) => (a < b ? -1 : 1));
  };
  if (Object.values(known).flat().length === 0) return `There is no user ${username}.`;
  return Object.fromEntries(Object.entries(known).map(([table, rows]) => [table, rows.map(bare)]));
}
