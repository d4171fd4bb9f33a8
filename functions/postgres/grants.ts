import type { Sql } from "./sql.ts";

/** One privilege that was granted to a role by name. */
export interface Grant {
  /** `SELECT ON TABLE public.orders`, for comparing and for people. */
  readonly text: string;
  /** Who has granted it, and alone can take it back. */
  readonly grantor: string;
  /** Then a superuser can take it back as well, without becoming the grantor: he acts as the owner. */
  readonly byOwner: boolean;
  grant(role: string): string;
  revoke(role: string): string;
}

/**
 * The privileges on tables, views, sequences, columns, schemas, routines and databases that a role was granted
 * itself, not by way of a membership. Only those of the session's database and on databases.
 *
 * @param other leaves out what this role may do as well, as owner, by a grant of its own, by a membership or as everybody.
 */
export async function grantsOf(sql: Sql, role: string, other?: string): Promise<Grant[]> {
  const { rows } = await sql.query(
    `WITH object(acl, owner, what) AS (
       SELECT relacl, relowner,
              format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname)
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       UNION ALL
       SELECT nspacl, nspowner, format('SCHEMA %I', nspname) FROM pg_namespace
       UNION ALL
       SELECT proacl, proowner, format('ROUTINE %s', pg_proc.oid::regprocedure) FROM pg_proc
       UNION ALL
       SELECT datacl, datdba, format('DATABASE %I', datname) FROM pg_database
     ), privilege(name, what, grantable, grantor, grantee, owner) AS (
       SELECT privilege_type, what, is_grantable, grantor, grantee, owner FROM object, aclexplode(acl)
       UNION ALL
       SELECT format('%s (%I)', privilege_type, attname), format('TABLE %I.%I', nspname, relname), is_grantable,
              grantor, grantee, relowner
         FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid
         JOIN pg_namespace ON pg_namespace.oid = relnamespace,
              aclexplode(attacl)
     )
     SELECT name, what, grantable, rolname AS grantor, grantor = owner AS "byOwner"
       FROM privilege JOIN pg_roles ON pg_roles.oid = grantor
      WHERE grantee = (SELECT oid FROM pg_roles WHERE rolname = $1) AND grantee <> owner
        AND ($2::name IS NULL OR NOT pg_has_role($2::name, owner, 'MEMBER') AND NOT EXISTS (
              SELECT FROM privilege AS same
               WHERE same.what = privilege.what
                 AND same.name IN (privilege.name, split_part(privilege.name, ' (', 1)) -- a column's, or the table's
                 AND (same.grantable OR NOT privilege.grantable)
                 AND CASE same.grantee WHEN 0 THEN true ELSE pg_has_role($2::name, same.grantee, 'MEMBER') END))
      ORDER BY what, name`,
    [role, other ?? null],
  );
  return rows.map(({ name, what, grantable, grantor, byOwner }) => {
    const text = `${name} ON ${what}`;
    const option = grantable ? " WITH GRANT OPTION" : "";
    return {
      text: text + option,
      grantor: String(grantor),
      byOwner: byOwner === true,
      grant: (to) => `GRANT ${text} TO ${sql.escapeIdentifier(to)}${option}`,
      revoke: (from) => `REVOKE ${text} FROM ${sql.escapeIdentifier(from)}`,
    };
  });
}
