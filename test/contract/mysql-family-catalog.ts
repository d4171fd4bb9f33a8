import type { Server } from "../../local/servers/mysql-family/server.ts";
import type { lastingSession } from "./mysql-family-users.ts";

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

/** Returns all users and privileges as a text. Two texts are equal if nothing has changed. */
export async function snapshot(server: Server): Promise<string> {
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

/** Returns for each user the rows and objects that name it. */
export async function inventory(
  observer: ReturnType<typeof lastingSession>,
): Promise<Record<string, string[]>> {
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
