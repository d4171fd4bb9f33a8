import type { Ownership, Pair } from "../../../shared/engine/pair.ts";
import type { Server } from "../session.ts";
import type { Facts, Role } from "./facts.ts";
import { isMarked, maySet, membershipsOf } from "./memberships.ts";

/**
 * The pair as the facts have it. Both users act as one base role: each of them is the base role, or a clone of it, which
 * is a member of the base role, acts as the base role acts, and has nothing of its own.
 */
export interface Situation {
  readonly facts: Facts;
  readonly pair: Pair;
  readonly current: Role | undefined;
  readonly alternate: Role | undefined;
  /** The name of the base role, which may not exist any more. */
  readonly base: string;
  readonly marker: Ownership["marker"];
}

export function situationOf(facts: Facts, pair: Pair): Situation {
  const [current, alternate] = [roleNamed(facts, pair.current), roleNamed(facts, pair.alternate)];
  const marker = markerOf(facts, pair, alternate);
  return { facts, pair, current, alternate, base: baseOf(facts, pair, marker, alternate), marker };
}

export function roleNamed({ roles }: Facts, name: string): Role | undefined {
  return roles.find((role) => role.name === name);
}

export function readerOf(facts: Facts): Role | undefined {
  return roleNamed(facts, facts.reader.acts);
}

export function isSuperuser(role: Role | undefined): boolean {
  return role?.attributes.includes("SUPERUSER") === true;
}

/** The base user and the clone of a pair, as their names have it. */
export function byName({ current, alternate, clone }: Pair): { base: string; clone: string } {
  return clone === "current" ? { base: alternate, clone: current } : { base: current, clone: alternate };
}

function baseOf(facts: Facts, pair: Pair, marker: Situation["marker"], alternate: Role | undefined): string {
  if (pair.clone === undefined) {
    return actsAs(facts, pair.current, null);
  }
  const { base, clone } = byName(pair);
  // Without a base user, `x_clone` is the name that the secret began with; unless it was made to act as the base user.
  const wasClone = facts.settings.some(
    (one) => one.role === clone && one.name === "role" && one.value === base,
  );
  const isFirst = pair.clone === "current" && alternate === undefined && !wasClone;
  return marker === "reversed" || isFirst ? clone : base;
}

function markerOf(facts: Facts, pair: Pair, alternate: Role | undefined): Situation["marker"] {
  if (pair.clone === undefined) {
    return alternate?.comment?.split("\n").includes(partnerLine(pair.current)) ? "partner" : undefined;
  }
  const { base, clone } = byName(pair);
  if (isMarked(facts, clone, base)) {
    return "clone";
  }
  const isMember = (member: string, role: string) =>
    membershipsOf(facts, member, role).some(({ set }) => set);
  return isMember(base, clone) && !isMember(clone, base) ? "reversed" : undefined;
}

/**
 * The line of a role's comment that marks it as the partner of another user. As JSON, the name is one line, whatever
 * characters it has, and no part of a longer name. Administrators of a role comment on it; the role itself may not.
 */
export function partnerLine(user: string): string {
  return `rotation_partner_of: ${JSON.stringify(user)}`;
}

/**
 * The role that a user acts as from its login on, in a database, or in those that no setting names (null): the setting
 * of the user there, of the user, of the database, of all, whichever is valid first (manual, section 20.1.3).
 */
function actsAs(facts: Facts, user: string, database: string | null): string {
  const places = [user, null].flatMap((role) => [database, null].map((place) => ({ role, place })));
  const values = places.flatMap(({ role, place }) =>
    facts.settings
      .filter((one) => one.name === "role" && one.role === role && one.database === place)
      .map(({ value }) => (value === "none" ? user : value)),
  );
  const isAnyRole = isSuperuser(roleNamed(facts, user));
  return values.find((role) => maySet(facts, user, role) || (isAnyRole && roleNamed(facts, role))) ?? user;
}

/** What a clone is to act as in a database. Prepared users act as the base role everywhere. */
export function target({ facts, pair, base }: Situation, database: string | null): string {
  return pair.clone === undefined ? base : actsAs(facts, base, database);
}

/**
 * The role that a clone's belongings become: what the base role acts as by a setting of its own. The setting of a database
 * is the word of the owner of that database, who could give another team's tables to a role of his own by it.
 */
export function heirIn(situation: Situation, database: string | null): string {
  const { facts } = situation;
  const settings = facts.settings.filter(({ role }) => role !== null);
  return target({ ...situation, facts: { ...facts, settings } }, database);
}

/** The databases in which a user does not act as it is to; null stands for those that no setting of `role` names. */
export function wrongPlaces(situation: Situation, user: string): (string | null)[] {
  const named = situation.facts.settings
    .filter(({ name }) => name === "role")
    .map(({ database }) => database);
  return [...new Set([null, ...named])].filter(
    (place) => actsAs(situation.facts, user, place) !== target(situation, place),
  );
}

/**
 * Whether `ALTER ROLE … SET role` holds from login on and after DISCARD ALL. Of each major version the first minor
 * release in which it does; one before, some ignore it at login (release notes of 17.2, 16.6, 15.10, 14.15).
 */
export function actsReliably({ number }: Server): boolean {
  const major = Math.floor(number / 10000);
  return number >= ({ 13: 130018, 14: 140015, 15: 150010, 16: 160006, 17: 170002 }[major] ?? 180000);
}
