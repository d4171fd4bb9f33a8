import { differentFlags } from "./attributes.ts";
import { grantsOf } from "./grants.ts";
import { excessMemberships } from "./memberships.ts";
import type { Role } from "./roles.ts";
import type { Sql } from "./sql.ts";

/** Something that a clone has and its base user has not, however the clone came by it. */
export interface Excess {
  /** `REPLICATION`, `the role reporting`, `SELECT ON TABLE public.payroll` */
  readonly what: string;
  /** The statement that takes it away. */
  readonly cure: string;
}

/** @param plain as grantedBeyond has it. */
export async function excessOf(sql: Sql, base: Role, clone: Role, plain: boolean): Promise<Excess[]> {
  const { more } = differentFlags(base, clone, true);
  const flags = more.map((flag) => ({
    what: flag,
    cure: `ALTER ROLE ${sql.escapeIdentifier(clone.name)} NO${flag}`,
  }));
  return [...flags, ...(await grantedBeyond(sql, base, clone, plain))];
}

/**
 * What somebody has granted to the clone and not to the base user: no rotation copies grants.
 *
 * @param plain whether the clone is a plain member because the server cannot do better. Elsewhere its privileges are
 * the base user's at its turn, or the log has said why not.
 */
export async function grantedBeyond(sql: Sql, base: Role, clone: Role, plain: boolean): Promise<Excess[]> {
  const memberships = await excessMemberships(sql, base, clone);
  const grants = plain ? await grantsOf(sql, clone.name, base.name) : [];
  return [
    ...memberships.map(({ role, onlyAdminOption, revoke }) => ({
      what: onlyAdminOption ? `ADMIN OPTION on ${role}` : `the role ${role}`,
      cure: revoke,
    })),
    ...grants.map(({ text, byOwner, grantor, revoke }) => ({
      what: text,
      cure: byOwner
        ? revoke(clone.name)
        : `SET ROLE ${sql.escapeIdentifier(grantor)}; ${revoke(clone.name)}; RESET ROLE`,
    })),
  ];
}
