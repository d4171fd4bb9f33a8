import type { Sql } from "./sql.ts";

/** One `ALTER ROLE … [IN DATABASE …] SET name TO value`. */
export interface RoleSetting {
  /** null: in all databases. */
  readonly database: string | null;
  readonly name: string;
  readonly value: string;
}

/** Whose value is a list of identifiers that a literal would turn into one: the ones that pg_dump treats so. */
const LISTS = ["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"];

export async function readRoleSettings(sql: Sql, role: string): Promise<RoleSetting[]> {
  const { rows } = await sql.query(
    `SELECT pg_database.datname AS database, unnest(setconfig) AS setting
       FROM pg_db_role_setting
       JOIN pg_roles ON pg_roles.oid = setrole
       LEFT JOIN pg_database ON pg_database.oid = setdatabase
      WHERE rolname = $1`,
    [role],
  );
  return rows.map(({ database, setting }) => {
    const [name = "", ...value] = String(setting).split("=");
    return { database: database === null ? null : String(database), name, value: value.join("=") };
  });
}

/** The statements that give the clone these settings and no others. */
export function settingStatements(
  sql: Sql,
  clone: string,
  wanted: readonly RoleSetting[],
  present: readonly RoleSetting[],
): string[] {
  const alter = ({ database }: RoleSetting) =>
    `ALTER ROLE ${sql.escapeIdentifier(clone)}${database === null ? "" : ` IN DATABASE ${sql.escapeIdentifier(database)}`}`;
  const missing = wanted.filter((one) => !present.some((other) => same(one, other)));
  const superfluous = present.filter(
    (one) => !wanted.some((other) => one.database === other.database && one.name === other.name),
  );
  return [
    ...missing.map((one) => `${alter(one)} SET ${name(sql, one)} ${assigned(sql, one)}`),
    ...superfluous.map((one) => `${alter(one)} RESET ${name(sql, one)}`),
  ];
}

function same(one: RoleSetting, other: RoleSetting): boolean {
  return one.database === other.database && one.name === other.name && one.value === other.value;
}

/** A setting of an extension has a dot in its name, and the dot stays outside the quotes. */
function name(sql: Sql, setting: RoleSetting): string {
  return setting.name.split(".").map(sql.escapeIdentifier).join(".");
}

function assigned(sql: Sql, setting: RoleSetting): string {
  const parts = LISTS.includes(setting.name) ? splitIdentifiers(setting.value) : [setting.value];
  return `TO ${parts.map(sql.escapeLiteral).join(", ")}`;
}

/** `"$user", public, "a ""b"""` → `$user`, `public`, `a "b"`. */
export function splitIdentifiers(list: string): string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}
