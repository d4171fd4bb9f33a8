import type { Log } from "../../shared/log.ts";
import { handOver } from "./ownership.ts";
import { type RoleSetting, readRoleSettings, settingStatements } from "./role-settings.ts";
import type { Role } from "./roles.ts";
import { actsAsBaseReliably, type Server } from "./server.ts";
import { attempt, type Sql } from "./sql.ts";

/**
 * Brings a clone in line with its base user, which is the source of truth. The clone is a member of the base user
 * and acts as it from login on (`SET role`), so that privileges need no copying and whatever either makes belongs
 * to the base user. What follows the login role and not the acting one is copied.
 */
export async function alignClone(sql: Sql, server: Server, base: Role, clone: Role, log: Log): Promise<void> {
  const name = sql.escapeIdentifier(clone.name);
  await grantBase(sql, server, base, clone);
  if (!clone.inherit) {
    await sql.query(`ALTER ROLE ${name} INHERIT`); // CONNECT on the database, for one, comes by inheritance.
  }
  for (const granted of await otherMemberships(sql, base, clone)) {
    await change(sql, `REVOKE ${sql.escapeIdentifier(granted)} FROM ${name}`, log);
  }
  for (const attribute of attributesToCopy(sql, base, clone)) {
    await change(sql, `ALTER ROLE ${name} ${attribute}`, log);
  }
  const wanted = await wantedSettings(sql, server, base, clone, log);
  const present = await readRoleSettings(sql, clone.name);
  for (const statement of settingStatements(sql, clone.name, wanted, present)) {
    await change(sql, statement, log);
  }
}

/** Makes the clone a member of the base user, which is also the mark by which it is known as ours. */
export async function grantBase(sql: Sql, server: Server, base: Role, clone: Role): Promise<void> {
  const options = server.hasMembershipOptions ? "WITH INHERIT TRUE, SET TRUE" : "";
  const { rows } = await sql.query(
    `SELECT FROM pg_auth_members AS membership
      WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND member = (SELECT oid FROM pg_roles WHERE rolname = $2)
        AND coalesce((to_jsonb(membership) ->> 'inherit_option')::boolean, true)
        AND coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true)`,
    [base.name, clone.name],
  );
  if (rows.length === 0) {
    await sql.query(
      `GRANT ${sql.escapeIdentifier(base.name)} TO ${sql.escapeIdentifier(clone.name)} ${options}`,
    );
  }
}

/** Roles that only the clone was granted: the base user does not have them, so the clone should not either. */
export async function otherMemberships(sql: Sql, base: Role, clone: Role): Promise<string[]> {
  const { rows } = await sql.query(
    `SELECT DISTINCT granted.rolname AS name
       FROM pg_auth_members
       JOIN pg_roles granted ON granted.oid = roleid
       JOIN pg_roles member ON member.oid = member
      WHERE member.rolname = $1 AND granted.rolname <> $2
        AND NOT pg_has_role((SELECT oid FROM pg_roles WHERE rolname = $2), roleid, 'MEMBER')`,
    [clone.name, base.name],
  );
  return rows.map(({ name }) => String(name));
}

function attributesToCopy(sql: Sql, base: Role, clone: Role): string[] {
  const attributes = [];
  if (clone.connectionLimit !== base.connectionLimit) {
    attributes.push(`CONNECTION LIMIT ${base.connectionLimit}`);
  }
  if (clone.validUntil !== base.validUntil) {
    attributes.push(`VALID UNTIL ${sql.escapeLiteral(base.validUntil ?? "infinity")}`);
  }
  if (clone.replication !== base.replication) {
    attributes.push(base.replication ? "REPLICATION" : "NOREPLICATION");
  }
  return attributes;
}

async function wantedSettings(
  sql: Sql,
  server: Server,
  base: Role,
  clone: Role,
  log: Log,
): Promise<RoleSetting[]> {
  const settings = await readRoleSettings(sql, base.name);
  if (!actsAsBaseReliably(server)) {
    log.warn(
      `PostgreSQL ${server.version} loses the setting by which ${clone.name} acts as ${base.name}, so that what it ` +
        "makes stays its own: update the server to the newest minor release",
    );
  } else if (await handOver(sql, base.name, clone.name, log)) {
    const acting = settings.some(({ database, name }) => database === null && name === "role");
    return acting ? settings : [...settings, { database: null, name: "role", value: base.name }];
  }
  return settings.filter(({ name }) => name !== "role");
}

/** A change that the master may lack the privilege for: then it is a person's to make. */
async function change(sql: Sql, statement: string, log: Log): Promise<void> {
  if (!(await attempt(sql, () => sql.query(statement)))) {
    log.warn(`The master user may not do this; an administrator can: ${statement}`);
  }
}
