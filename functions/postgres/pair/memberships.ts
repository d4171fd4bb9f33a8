import type { Finding } from "../../../shared/engine/pair.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import type { Facts, Membership } from "./facts.ts";

type Condition = (membership: Membership) => boolean;

const sets: Condition = ({ set }) => set;
const isUsable: Condition = ({ admin, inherit, set }) => admin || inherit || set;

/** Whether the member is the role, or comes to it by memberships that all meet the condition. */
function reaches(
  rows: readonly Membership[],
  member: string,
  role: string,
  condition: Condition,
  seen = new Set<string>(),
): boolean {
  seen.add(member);
  const next = rows.filter((row) => row.member === member && condition(row) && !seen.has(row.role));
  return member === role || next.some((row) => reaches(rows, row.role, role, condition, seen));
}

function administers(rows: readonly Membership[], user: string, role: string): boolean {
  return rows.some((row) => row.role === role && row.admin && reaches(rows, user, row.member, isUsable));
}

/** Whether a user may act as the role by SET ROLE. */
export function maySet({ memberships }: Facts, user: string, role: string): boolean {
  return reaches(memberships, user, role, sets);
}

export function membershipsOf({ memberships }: Facts, member: string, role: string): Membership[] {
  return memberships.filter((row) => row.member === member && row.role === role);
}

/** Whether the one is a member of the other as a clone is: it inherits its privileges, and may act as it. */
export function isMember(facts: Facts, clone: string, base: string): boolean {
  const rows = membershipsOf(facts, clone, base);
  return rows.some(({ inherit }) => inherit) && rows.some(sets);
}

/**
 * Memberships, or their ADMIN OPTION, that the clone has and its base role does not have; that in the base role itself
 * makes it a clone.
 */
export function excessMemberships(facts: Facts, clone: string, base: string): (Finding & Membership)[] {
  const rows = facts.memberships;
  return rows
    .filter(({ member }) => member === clone)
    .flatMap((row) => {
      const isToo = (condition: Condition) => reaches(rows, base, row.role, condition);
      const whole = (row.set && !isToo(sets)) || (row.inherit && !isToo(isUsable));
      const option = row.admin && (row.role === base || !administers(rows, base, row.role));
      return whole || option ? { ...row, ...revoke(facts, row, whole) } : [];
    });
}

/**
 * Users who have more power over the clone than over its base role: members of it, and those with ADMIN OPTION, by which
 * they set its password and grant it on. A tenant who has created a clone in advance is one of them. A way to the base
 * role that leads through the clone does not count.
 *
 * @param admin is no outsider; undefined where it is not known who the admin user is.
 */
export function outsiders(facts: Facts, clone: string, base: string, admin?: string): Finding[] {
  const others = facts.memberships.filter(({ member, role }) => member !== clone && role !== clone);
  return facts.memberships
    .filter(
      ({ role, member, almighty }) => role === clone && member !== admin && member !== base && !almighty,
    )
    .flatMap((row) => {
      const whole = (row.set || row.inherit) && !reaches(others, row.member, base, isUsable);
      const option = row.admin && !administers(others, row.member, base);
      const power = whole ? "is a member of" : "has ADMIN OPTION on";
      const what = `the user ${row.member} ${power} ${clone}, and has no such power over ${base}`;
      return whole || option ? { what, remedy: revoke(facts, row, whole).remedy } : [];
    });
}

/**
 * Whether the user was made a member of the role by one who has power over both. Without that, a tenant could mark the
 * user of somebody else: no user is asked whether it wants to be a member of a role.
 */
export function isMarked(facts: Facts, clone: string, base: string): boolean {
  const consents = ({ bySuperuser, grantor }: Membership) =>
    bySuperuser || (grantor !== null && administers(facts.memberships, grantor, clone));
  return membershipsOf(facts, clone, base).some(
    (row) => row.set && (!isModern(facts.server) || consents(row)),
  );
}

/**
 * Since PostgreSQL 16 a grant is its grantor's to take back: a REVOKE of another one's does nothing but warn. Grants that
 * the member has made by its ADMIN OPTION fall with it; the admin user's is made anew before.
 */
export function revoke(facts: Facts, { role, member, grantor, admin }: Membership, whole = true): Finding {
  const isTheirs = (row: Membership) =>
    admin && row.role === role && row.grantor === member && isModern(facts.server);
  const made = facts.memberships.filter(isTheirs);
  const anew = made.some((row) => row.member === facts.reader.acts)
    ? `GRANT ${id(role)} TO ${id(facts.reader.acts)} WITH ADMIN OPTION; `
    : "";
  const by = isModern(facts.server) && grantor !== null ? ` GRANTED BY ${id(grantor)}` : "";
  const statement = `REVOKE ${whole ? "" : "ADMIN OPTION FOR "}${id(role)} FROM ${id(member)}${by}`;
  return {
    what: `${whole ? "the role" : "ADMIN OPTION on"} ${role}`,
    remedy: `${anew}${statement}${made.length > 0 ? " CASCADE" : ""}`,
  };
}

/** Makes a clone: by SET it acts as the base role, by INHERIT it may CONNECT where that may. */
export function grant({ server }: Facts, base: string, clone: string): string {
  return `GRANT ${id(base)} TO ${id(clone)}${isModern(server) ? " WITH INHERIT TRUE, SET TRUE" : ""}`;
}
