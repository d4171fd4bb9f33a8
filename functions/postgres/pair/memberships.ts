import type { Finding } from "../../../shared/engine/pair.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import type { Facts, Membership } from "./facts.ts";

/** The roles that a user may act as, those that it has any use of, and those that it may grant to others. */
function powersOf(rows: readonly Membership[], user: string) {
  const reached = (isWay: (row: Membership) => boolean) => {
    const found = new Set([user]);
    for (const name of found) {
      for (const row of rows) if (row.member === name && isWay(row)) found.add(row.role);
    }
    return found;
  };
  const uses = reached(({ admin, inherit, set }) => admin || inherit || set);
  const granted = rows.filter(({ admin, member }) => admin && uses.has(member));
  return { sets: reached(({ set }) => set), uses, administers: new Set(granted.map(({ role }) => role)) };
}

/** Whether a user may act as the role by SET ROLE. */
export function maySet({ memberships }: Facts, user: string, role: string): boolean {
  return powersOf(memberships, user).sets.has(role);
}

export function membershipsOf({ memberships }: Facts, member: string, role: string): Membership[] {
  return memberships.filter((row) => row.member === member && row.role === role);
}

/** Memberships, or their ADMIN OPTION, that the clone has and its base role does not have. */
export function excessMemberships(facts: Facts, clone: string, base: string): (Finding & Membership)[] {
  const { sets, uses, administers } = powersOf(facts.memberships, base);
  return facts.memberships
    .filter(({ member }) => member === clone)
    .flatMap((row) => {
      const whole = (row.set && !sets.has(row.role)) || (row.inherit && !uses.has(row.role));
      const option = row.admin && (row.role === base || !administers.has(row.role));
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
    .filter(({ role, member, almighty }) => role === clone && ![admin, base].includes(member) && !almighty)
    .flatMap((row) => {
      const { uses, administers } = powersOf(others, row.member);
      const whole = (row.set || row.inherit) && !uses.has(base);
      const power = whole ? "is a member of" : "has ADMIN OPTION on";
      const what = `the user ${row.member} ${power} ${clone}, and has no such power over ${base}`;
      return whole || (row.admin && !administers.has(base)) ? { ...revoke(facts, row, whole), what } : [];
    });
}

/** Whether one who has power over both made it a member: a tenant could mark another's user, as no user is asked. */
export function isMarked(facts: Facts, clone: string, base: string): boolean {
  const consents = ({ bySuperuser, grantor }: Membership) =>
    bySuperuser || (grantor !== null && powersOf(facts.memberships, grantor).administers.has(clone));
  return membershipsOf(facts, clone, base).some(
    (row) => row.set && (!isModern(facts.server) || consents(row)),
  );
}

/**
 * Since PostgreSQL 16 a grant is its grantor's to take back: a REVOKE of another one's does nothing but warn. Grants that
 * the member has made by its ADMIN OPTION fall with it; the admin user's is made anew before.
 */
export function revoke(facts: Facts, { role, member, grantor, admin }: Membership, whole = true): Finding {
  const [modern, reader] = [isModern(facts.server), facts.reader.acts];
  const made = facts.memberships.filter((row) => admin && row.role === role && row.grantor === member);
  const isOurs = modern && made.some((row) => row.member === reader);
  const anew = isOurs ? `GRANT ${id(role)} TO ${id(reader)} WITH ADMIN OPTION; ` : "";
  const by = modern && grantor !== null ? ` GRANTED BY ${id(grantor)}` : "";
  const statement = `REVOKE ${whole ? "" : "ADMIN OPTION FOR "}${id(role)} FROM ${id(member)}${by}`;
  return {
    what: `${whole ? "the role" : "ADMIN OPTION on"} ${role}`,
    remedy: `${anew}${statement}${modern && made.length > 0 ? " CASCADE" : ""}`,
  };
}

/** Makes a clone: by SET it acts as the base role, by INHERIT it may CONNECT where that may. */
export function grant({ server }: Facts, base: string, clone: string): string {
  return `GRANT ${id(base)} TO ${id(clone)}${isModern(server) ? " WITH INHERIT TRUE, SET TRUE" : ""}`;
}
