import type { Ownership, Pair } from "../../../shared/engine/pair.ts";
import type { Server } from "../session.ts";
import { type Facts, type Role, type RoleSetting, roleNamed } from "./facts.ts";
import { byName, markerOf } from "./marker.ts";
import { maySet } from "./memberships.ts";

/**
 * The pair as the facts describe it. Both users act as one base role: each user is the base role or a clone of the base
 * role. A clone is a member of the base role, acts as the base role acts, and owns nothing.
 */
export interface Situation {
  readonly facts: Facts;
  readonly pair: Pair;
  readonly current: Role | undefined;
  readonly alternate: Role | undefined;
  /** Name of the base role. The role may have been dropped. */
  readonly base: string;
  readonly marker: Ownership["marker"];
}

export function situationOf(facts: Facts, pair: Pair): Situation {
  const [current, alternate] = [roleNamed(facts, pair.current), roleNamed(facts, pair.alternate)];
  const marker = markerOf(facts, pair);
  return { facts, pair, current, alternate, base: baseOf(facts, pair, marker, alternate), marker };
}

export function readerOf(facts: Facts): Role | undefined {
  return roleNamed(facts, facts.reader.acts);
}

export function isSuperuser(role: Role | undefined): boolean {
  return role?.attributes.includes("SUPERUSER") === true;
}

function baseOf(facts: Facts, pair: Pair, marker: Situation["marker"], alternate: Role | undefined): string {
  if (pair.clone === undefined) {
    return actsAs(facts, pair.current, null);
  }
  const { base, clone } = byName(pair);
  // If the base user does not exist, the secret began with `x_clone`, unless a setting makes `x_clone` act as the base user.
  const acts = ({ name, role, value }: RoleSetting) => name === "role" && role === clone && value === base;
  const isFirst = pair.clone === "current" && alternate === undefined && !facts.settings.some(acts);
  return marker === "reversed" || isFirst ? clone : base;
}

/**
 * Returns the role that a user acts as after login. The first valid setting decides, in this order: the user in the
 * database, the user, the database, all users (manual, section 20.1.3).
 *
 * @param place the database; null for all databases that no setting names.
 * @param others whether settings for all users count.
 * @param group a role that the user is treated as a member of.
 */
function actsAs(facts: Facts, user: string, place: string | null, others = true, group = user): string {
  const isAnyRole = isSuperuser(roleNamed(facts, user));
  const isValid = (role: string) =>
    maySet(facts, user, role) || maySet(facts, group, role) || (isAnyRole && roleNamed(facts, role));
  return (
    (others ? [user, null] : [user])
      .flatMap((role) => [roleSetting(facts, role, place), roleSetting(facts, role, null)])
      .filter((role) => role !== undefined)
      .map((role) => (role === "none" ? user : role))
      .find(isValid) ?? user
  );
}

function roleSetting({ settings }: Facts, user: string | null, place: string | null): string | undefined {
  return settings.find(({ name, role, database }) => name === "role" && role === user && database === place)
    ?.value;
}

/** Returns the role that a clone has to act as in a database. Two prepared users act as the base role everywhere. */
export function target({ facts, pair, base }: Situation, database: string | null): string {
  return pair.clone === undefined ? base : actsAs(facts, base, database);
}

/**
 * Returns the role that receives a clone's belongings: the role that the base role acts as by its own setting. The setting
 * of a database is ignored: with it, the database's owner could give another team's tables to a role of the owner.
 */
export function successorIn({ facts, pair, base }: Situation, database: string): string {
  return pair.clone === undefined ? base : actsAs(facts, base, database, false);
}

/** Returns the databases in which a user does not act as it has to. null stands for all databases and comes first. */
export function databasesWithWrongRole(situation: Situation, user: string): (string | null)[] {
  const { facts, base } = situation;
  const isTarget = (role: string, place: string | null) => role === target(situation, place);
  const acts = (place: string | null) => actsAs(facts, user, place, true, base);
  const isWrongByDefault = !isTarget(acts(null), null);
  const places = new Set(facts.settings.filter(({ name }) => name === "role").map((one) => one.database));
  places.delete(null);
  const wrongDatabases = [...places].filter((place) => {
    const hasEffect = !isWrongByDefault || roleSetting(facts, user, place) !== undefined;
    return (
      (hasEffect && !isTarget(acts(place), place)) ||
      (isWrongByDefault && !isTarget(target(situation, null), place))
    );
  });
  return isWrongByDefault ? [null, ...wrongDatabases] : wrongDatabases;
}

/**
 * Whether `ALTER ROLE … SET role` is in effect after login and after DISCARD ALL. The table has the first minor release of
 * each major version in which it is. Some earlier ones ignore it at login (release notes of 17.2, 16.6, 15.10, 14.15).
 */
export function actsReliably({ number }: Server): boolean {
  const major = Math.floor(number / 10000);
  return number >= ({ 13: 130018, 14: 140015, 15: 150010, 16: 160006, 17: 170002 }[major] ?? 180000);
}
