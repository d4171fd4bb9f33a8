import { RotationError } from "../../shared/report/errors.ts";
import type { Role } from "./roles.ts";
import type { Sql } from "./sql.ts";

/**
 * Asks before the first change whether the master may make all of them.
 *
 * Since PostgreSQL 16 CREATEROLE alone is not enough to change or grant a role that somebody else created: that
 * takes ADMIN OPTION on it (manual, section 22.4). A role has it on those that it created itself.
 *
 * @param what it is to do, for the error.
 * @throws RotationError `missing-privilege` with the statement that cures it, or `read-only`.
 */
export async function assertMasterMay(
  sql: Sql,
  roles: readonly (Role | undefined)[],
  what = "prepare the alternate user",
): Promise<void> {
  const { rows } = await sql.query(
    `SELECT rolname AS name, rolsuper AS superuser, rolcreaterole AS "createRole",
            current_setting('server_version_num')::int >= 160000 AS "needsAdmin",
            current_setting('transaction_read_only') = 'on' AS "readOnly"
       FROM pg_roles WHERE rolname = current_user`,
  );
  const [master] = rows as [
    { name: string; superuser: boolean; createRole: boolean; needsAdmin: boolean; readOnly: boolean },
  ];
  if (master.readOnly) {
    throw new RotationError(
      "read-only",
      "The server is read-only: a replica, or set to default_transaction_read_only.",
      "Put the host of the primary into the secret and the master secret.",
    );
  }
  if (master.superuser) {
    return;
  }
  const name = sql.escapeIdentifier(master.name);
  const statements = master.createRole ? [] : [`ALTER ROLE ${name} CREATEROLE`];
  for (const role of roles) {
    if (role?.superuser) {
      throw new RotationError(
        "missing-privilege",
        `The role ${role.name} is a superuser, and only a superuser may change it or grant it.`,
        `Take it away: ALTER ROLE ${sql.escapeIdentifier(role.name)} NOSUPERUSER - an application needs none.`,
      );
    }
    if (role && master.needsAdmin && !role.administered) {
      statements.push(`GRANT ${sql.escapeIdentifier(role.name)} TO ${name} WITH ADMIN OPTION`);
    }
  }
  if (statements.length > 0) {
    throw new RotationError(
      "missing-privilege",
      `The master user ${master.name} may not ${what}.`,
      `Run as an administrator: ${statements.join("; ")}`,
    );
  }
}
