import { differentFlags, differentLimits } from "./attributes.ts";
import { grantsOf } from "./grants.ts";
import { differentSettings } from "./role-settings.ts";
import type { Role } from "./roles.ts";
import type { Sql } from "./sql.ts";

/** An error message is no place for the catalog of a database. */
const MOST = 10;

/** How two users that administrators have prepared side by side differ: none of them is made after the other. */
export async function differencesBetweenPeers(sql: Sql, current: Role, pending: Role): Promise<string[]> {
  const { more, less } = differentFlags(current, pending, false);
  const lists = [
    ["the role", membershipsOf],
    ["the privilege", grantTexts],
    ["the ownership of", belongingsOf],
  ] as const;
  const found = [
    ...less.map((flag) => `lacks ${flag}`),
    ...more.map((flag) => `has ${flag}`),
    ...differentLimits(current, pending),
    ...(await differentSettings(sql, current.name, pending.name)),
  ];
  for (const [what, listOf] of lists) {
    found.push(...lacksAndHas(what, await listOf(sql, current.name), await listOf(sql, pending.name)));
  }
  return found.length > MOST
    ? [...found.slice(0, MOST), `differs in ${found.length - MOST} more points`]
    : found;
}

function lacksAndHas(what: string, current: readonly string[], pending: readonly string[]): string[] {
  return [
    ...current.filter((one) => !pending.includes(one)).map((one) => `lacks ${what} ${one}`),
    ...pending.filter((one) => !current.includes(one)).map((one) => `has ${what} ${one}`),
  ];
}

async function membershipsOf(sql: Sql, role: string): Promise<string[]> {
  const { rows } = await sql.query(
    `SELECT DISTINCT roleid::regrole::text || CASE WHEN admin_option THEN ' WITH ADMIN OPTION' ELSE '' END AS role
       FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [role],
  );
  return rows.map((row) => String(row.role));
}

async function grantTexts(sql: Sql, role: string): Promise<string[]> {
  return (await grantsOf(sql, role)).map(({ text }) => text);
}

/** An owner may do everything with it, and the other user may not. Temporary tables are a session's own affair. */
async function belongingsOf(sql: Sql, role: string): Promise<string[]> {
  const { rows } = await sql.query(
    `SELECT DISTINCT CASE WHEN pg_database.datname <> current_database() THEN 'objects in ' || pg_database.datname
                          ELSE object.type || ' ' || object.identity END AS what
       FROM pg_shdepend LEFT JOIN pg_database ON pg_database.oid = dbid, pg_identify_object(classid, objid, 0) AS object
      WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o'
        AND classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
        AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND (object.schema IS NULL OR object.schema NOT LIKE 'pg\\_temp%' OR pg_database.datname <> current_database())`,
    [role],
  );
  return rows.map(({ what }) => String(what));
}
