import type { Pair } from "../../shared/engine/engine.ts";
import type { Sql } from "./sql.ts";

/** A row of pg_roles, as far as a login role is more than its memberships. */
export interface Role {
  readonly name: string;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly bypassRowSecurity: boolean;
  readonly canLogin: boolean;
  readonly inherit: boolean;
  readonly replication: boolean;
  /** -1: no limit. */
  readonly connectionLimit: number;
  /** As PostgreSQL writes it; null: never. */
  readonly validUntil: string | null;
  /** Whether who asks may grant the role to others: ADMIN OPTION, or a superuser. */
  readonly administered: boolean;
}

/** What the server says of the two users. */
export interface Roles {
  readonly current: Role | undefined;
  readonly alternate: Role | undefined;
  /** Which of the two is a member of the other, and so its clone: only an administrator can have granted that. */
  readonly clone: "current" | "alternate" | undefined;
}

export async function readRoles(sql: Sql, pair: Pair): Promise<Roles> {
  const roles = await sql.query(
    `SELECT rolname AS name, rolsuper AS superuser, rolcreaterole AS "createRole", rolcreatedb AS "createDatabase",
            rolbypassrls AS "bypassRowSecurity", rolcanlogin AS "canLogin", rolinherit AS inherit,
            rolreplication AS replication, rolconnlimit AS "connectionLimit", rolvaliduntil::text AS "validUntil",
            pg_has_role(oid, 'MEMBER WITH ADMIN OPTION') AS administered
       FROM pg_roles WHERE rolname IN ($1, $2)`,
    [pair.current, pair.alternate],
  );
  // Since PostgreSQL 16 who creates a role is a member of it, for administering it only: nobody has granted that.
  const memberships = await sql.query(
    `SELECT member.rolname AS member
       FROM pg_auth_members AS membership
       JOIN pg_roles member ON member.oid = membership.member
       JOIN pg_roles granted ON granted.oid = membership.roleid
      WHERE (member.rolname, granted.rolname) IN (($1, $2), ($2, $1))
        AND coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true)`,
    [pair.current, pair.alternate],
  );
  const named = (name: string) => roles.rows.find((row) => row.name === name) as Role | undefined;
  const member = memberships.rows[0]?.member;
  return {
    current: named(pair.current),
    alternate: named(pair.alternate),
    clone: member === pair.alternate ? "alternate" : member === pair.current ? "current" : undefined,
  };
}
