import type { Role } from "./roles.ts";
import type { Server } from "./server.ts";
import type { Sql } from "./sql.ts";

/** Makes the clone a member of the base user, which is also the mark by which it is known as ours. */
export async function grantBase(sql: Sql, server: Server, base: Role, clone: Role): Promise<void> {
  const options = server.hasMembershipOptions ? " WITH INHERIT TRUE, SET TRUE" : "";
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
      `GRANT ${sql.escapeIdentifier(base.name)} TO ${sql.escapeIdentifier(clone.name)}${options}`,
    );
  }
}

/** A membership, or its ADMIN OPTION, that the base user does not have, so that the clone should not either. */
export interface ExcessMembership {
  readonly role: string;
  readonly onlyAdminOption: boolean;
  readonly revoke: string;
}

/**
 * What the clone was granted beyond its base user. Since PostgreSQL 16 a grant is its grantor's to take back: without
 * GRANTED BY, a REVOKE of somebody else's does nothing and says so in a warning only.
 */
export async function excessMemberships(sql: Sql, base: Role, clone: Role): Promise<ExcessMembership[]> {
  const { rows } = await sql.query(
    `WITH excess AS (
       SELECT granted.rolname AS role, grantor.rolname AS grantor,
              granted.oid = base.oid OR pg_has_role(base.oid, granted.oid, 'MEMBER') AS shared,
              admin_option AND NOT pg_has_role(base.oid, granted.oid, 'MEMBER WITH ADMIN OPTION') AS administers
         FROM pg_auth_members AS membership
         JOIN pg_roles granted ON granted.oid = membership.roleid
         JOIN pg_roles clone ON clone.oid = membership.member AND clone.rolname = $1
         JOIN pg_roles base ON base.rolname = $2
         LEFT JOIN pg_roles grantor ON grantor.oid = membership.grantor
                                   AND current_setting('server_version_num')::int >= 160000
     )
     SELECT role, shared AS "onlyAdminOption",
            format('REVOKE %s%I FROM %I%s', CASE WHEN shared THEN 'ADMIN OPTION FOR ' END, role, $1::text,
                   ' GRANTED BY ' || quote_ident(grantor)) AS revoke
       FROM excess WHERE NOT shared OR administers
      ORDER BY role`,
    [clone.name, base.name],
  );
  return rows as unknown as ExcessMembership[]; // As the query names its columns.
}

/**
 * REASSIGN OWNED takes membership in both roles, by inheritance and by SET; who may grant them lends it to himself.
 * What he has granted himself before is one row with this, and is put back as it was. So there is a row for each role
 * that is not his yet:
 *
 *     lend      GRANT app TO rotation_master WITH INHERIT TRUE, SET TRUE      GRANT app TO rotation_master (before 16)
 *     giveBack  GRANT app TO rotation_master WITH INHERIT false, SET true     if that is what he had from himself
 *               REVOKE app FROM rotation_master                               if he had nothing from himself
 */
export async function asMemberOf(
  sql: Sql,
  roles: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const { rows } = await sql.query(
    `WITH role AS (
       SELECT rolname, own.options, current_setting('server_version_num')::int >= 160000 AS modern,
              pg_has_role(pg_roles.oid, 'USAGE') AS inherited, pg_roles.oid
         FROM pg_roles
         LEFT JOIN (SELECT roleid, to_jsonb(pg_auth_members) AS options
                      FROM pg_auth_members JOIN pg_roles myself ON myself.oid = member AND myself.oid = grantor
                     WHERE myself.rolname = current_user) AS own ON own.roleid = pg_roles.oid
        WHERE rolname = ANY($1)
     )
     SELECT format('GRANT %I TO %I%s', rolname, current_user,
                   CASE WHEN modern THEN ' WITH INHERIT TRUE, SET TRUE' END) AS lend,
            CASE WHEN modern AND options IS NOT NULL
                 THEN format('GRANT %I TO %I WITH INHERIT %s, SET %s', rolname, current_user,
                             options ->> 'inherit_option', options ->> 'set_option')
                 ELSE format('REVOKE %I FROM %I', rolname, current_user) END AS "giveBack"
       FROM role WHERE NOT CASE WHEN modern THEN inherited AND pg_has_role(oid, 'SET') ELSE inherited END`,
    [roles],
  );
  for (const { lend } of rows) {
    await sql.query(String(lend));
  }
  await work();
  for (const { giveBack } of rows) {
    await sql.query(String(giveBack));
  }
}
