import type { Finding } from "../../../shared/engine/pair.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import type { Facts, Membership } from "./facts.ts";

/** Returns the roles that a user may SET ROLE to, those whose privileges it can use in any way, and those it may grant. */
function reachableRoles(rows: readonly Membership[], user: string) {
  const reachableBy = (isUsable: (row: Membership) => boolean) => {
    const found = new Set([user]);
    for (const name of found) {
      for (const row of rows) if (row.member === name && isUsable(row)) found.add(row.role);
    }
    return found;
  };
  const uses = reachableBy(({ admin, inherit, set }) => admin || inherit || set);
  const granted = rows.filter(({ admin, member }) => admin && uses.has(member));
  return { sets: reachableBy(({ set }) => set), uses, administers: new Set(granted.map(({ role }) => role)) };
}

/** Whether a user may act as the role by SET ROLE. */
export function maySet({ memberships }: Facts, user: string, role: string): boolean {
  return reachableRoles(memberships, user).sets.has(role);
}

export function membershipsOf({ memberships }: Facts, member: string, role: string): Membership[] {
  return memberships.filter((row) => row.member === member && row.role === role);
}

/** Returns memberships, and ADMIN OPTIONs on them, that the clone has and its base role lacks. */
export function excessMemberships(facts: Facts, clone: string, base: string): (Finding & Membership)[] {
  const { sets, uses, administers } = reachableRoles(facts.memberships, base);
  return facts.memberships
    .filter(({ member }) => member === clone)
    .flatMap((row) => {
      const whole = (row.set && !sets.has(row.role)) || (row.inherit && !uses.has(row.role));
      const option = row.admin && (row.role === base || !administers.has(row.role));
      return whole || option ? { ...row, ...revoke(facts, row, whole) } : [];
    });
}

/**
 * Returns users that have more power over the clone than over its base role: members of the clone, and users with ADMIN
 * OPTION on it, who can set its password and grant it. A tenant who creates a clone in advance has ADMIN OPTION on it. A
 * path to the base role through the clone does not count.
 *
 * @param admin the name of the admin user, which never counts as an outsider; undefined if the reader does not know it.
 */
export function outsiders(facts: Facts, clone: string, base: string, admin?: string): Finding[] {
  const others = facts.memberships.filter(({ member, role }) => member !== clone && role !== clone);
  return facts.memberships
    .filter(
      ({ role, member, hasPowerOverAll }) =>
        role === clone && ![admin, base].includes(member) && !hasPowerOverAll,
    )
    .flatMap((row) => {
      const { uses, administers } = reachableRoles(others, row.member);
      const whole = (row.set || row.inherit) && !uses.has(base);
      const power = whole ? "is a member of" : "has ADMIN OPTION on";
      const what = `the user ${row.member} ${power} ${clone}, and has no such power over ${base}`;
      return whole || (row.admin && !administers.has(base)) ? { ...revoke(facts, row, whole), what } : [];
    });
}

/** Whether the grantor had power over both roles. A tenant could otherwise mark another team's user: GRANT asks no member. */
export function isMarked(facts: Facts, clone: string, base: string): boolean {
  const grantorHadBoth = ({ bySuperuser, grantor }: Membership) =>
    bySuperuser || (grantor !== null && reachableRoles(facts.memberships, grantor).administers.has(clone));
  return membershipsOf(facts, clone, base).some(
    (row) => row.set && (!isModern(facts.server) || grantorHadBoth(row)),
  );
}

/**
 * Since PostgreSQL 16 a REVOKE without GRANTED BY only warns if another role made the grant. CASCADE revokes the grants
 * that the member has made by its ADMIN OPTION. If one of these is the admin user's own, a GRANT before replaces it.
 */
export function revoke(facts: Facts, { role, member, grantor, admin }: Membership, whole = true): Finding {
  const [modern, reader] = [isModern(facts.server), facts.reader.acts];
  const made = facts.memberships.filter((row) => admin && row.role === role && row.grantor === member);
  const replacesOwnGrant = modern && made.some((row) => row.member === reader);
  const ownGrant = replacesOwnGrant ? `GRANT ${id(role)} TO ${id(reader)} WITH ADMIN OPTION; ` : "";
  const by = modern && grantor !== null ? ` GRANTED BY ${id(grantor)}` : "";
  const statement = `REVOKE ${whole ? "" : "ADMIN OPTION FOR "}${id(role)} FROM ${id(member)}${by}`;
  return {
    what: `${whole ? "the role" : "ADMIN OPTION on"} ${role}`,
    remedy: `${ownGrant}${statement}${modern && made.length > 0 ? " CASCADE" : ""}`,
  };
}

/** Returns the GRANT that makes a clone: SET lets it act as the base role, INHERIT lets it CONNECT where the base role may. */
export function grant({ server }: Facts, base: string, clone: string): string {
  return `GRANT ${id(base)} TO ${id(clone)}${isModern(server) ? " WITH INHERIT TRUE, SET TRUE" : ""}`;
}
