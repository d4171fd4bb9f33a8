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

/** The role that a role is set to act as from its login on, wherever it logs in. */
export async function actingRole(sql: Sql, role: string): Promise<string | undefined> {
  const settings = await readRoleSettings(sql, role);
  return settings.find(({ database, name }) => database === null && name === "role")?.value;
}

/** One ALTER ROLE. */
export interface SettingStatement {
  readonly statement: string;
  /** Without the values of settings that belong to applications, who keep keys in them. */
  readonly forLog: string;
}

/** The statements that give the clone these settings and no others. */
export function settingStatements(
  sql: Sql,
  clone: string,
  wanted: readonly RoleSetting[],
  present: readonly RoleSetting[],
): SettingStatement[] {
  const alter = ({ database }: RoleSetting) =>
    `ALTER ROLE ${sql.escapeIdentifier(clone)}${database === null ? "" : ` IN DATABASE ${sql.escapeIdentifier(database)}`}`;
  const missing = wanted.filter((one) => !present.some((other) => isSameSetting(one, other)));
  const superfluous = present.filter((one) => !wanted.some((other) => isSamePlace(one, other)));
  return [
    ...missing.map((one) => {
      const start = `${alter(one)} SET ${name(sql, one)} TO`;
      const statement = `${start} ${listed(one).map(sql.escapeLiteral).join(", ")}`;
      return { statement, forLog: one.name.includes(".") ? `${start} <the base user's value>` : statement };
    }),
    ...superfluous.map((one) => {
      const statement = `${alter(one)} RESET ${name(sql, one)}`;
      return { statement, forLog: statement };
    }),
  ];
}

/**
 * How the settings of two roles differ, for the end of the sentence "The pending user …"; values are not quoted, since
 * applications keep keys in settings of their own.
 *
 * Left out is `role`, which differs between twins by design, and what takes a superuser to set, which is reported and no
 * more. Some of those the server does not even show to others; a setting with a dot in its name is one of an extension
 * or an application, and unknown to the server when it is not loaded.
 */
export async function differentSettings(sql: Sql, current: string, pending: string): Promise<string[]> {
  const { rows } = await sql.query("SELECT name, context = 'user' AS free FROM pg_settings");
  const free = new Map(rows.map(({ name, free }) => [name, free === true]));
  const counts = ({ name }: RoleSetting) => name !== "role" && (free.get(name) ?? name.includes("."));
  const wanted = (await readRoleSettings(sql, current)).filter(counts);
  const present = (await readRoleSettings(sql, pending)).filter(counts);
  const text = ({ name, database }: RoleSetting) => (database === null ? name : `${name} in ${database}`);
  const found = wanted.flatMap((one) => {
    const other = present.find((other) => isSamePlace(one, other));
    if (other === undefined) {
      return `lacks the setting ${text(one)}`;
    }
    return isSameSetting(one, other) ? [] : `has another value of the setting ${text(one)}`;
  });
  const more = present.filter((one) => !wanted.some((other) => isSamePlace(one, other)));
  return [...found, ...more.map((one) => `has the setting ${text(one)}`)];
}

function isSamePlace(one: RoleSetting, other: RoleSetting): boolean {
  return one.database === other.database && one.name === other.name;
}

export function isSameSetting(one: RoleSetting, other: RoleSetting): boolean {
  return isSamePlace(one, other) && listed(one).join("\0") === listed(other).join("\0");
}

/** A setting of an extension has a dot in its name, and the dot stays outside the quotes. */
function name(sql: Sql, setting: RoleSetting): string {
  return setting.name.split(".").map(sql.escapeIdentifier).join(".");
}

/**
 * `"$user", Public, "a ""b"""` → `$user`, `public`, `a "b"`. SET … FROM CURRENT leaves a list as somebody wrote it, where
 * SET … TO quotes what needs it; an empty list can be written as a list of one empty name.
 */
function listed({ name, value }: RoleSetting): string[] {
  if (!LISTS.includes(name)) {
    return [value];
  }
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.toLowerCase() ?? "",
  );
  return names.length > 0 ? names : [""];
}
