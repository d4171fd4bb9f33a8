import type { Ownership, Pair } from "../../../shared/engine/pair.ts";
import { id, literal } from "../sql.ts";
import { type Facts, roleNamed } from "./facts.ts";
import { isMarked, membershipsOf, revoke } from "./memberships.ts";

/** The base user and the clone of a pair, as their names have it. */
export function byName({ current, alternate, clone }: Pair): { base: string; clone: string } {
  return clone === "current" ? { base: alternate, clone: current } : { base: current, clone: alternate };
}

/** A clone is marked by its membership, and each of two users that a secret names by a comment. */
export function markerOf(facts: Facts, pair: Pair): Ownership["marker"] {
  if (pair.clone === undefined) {
    return comment(facts, pair.alternate, pair.current).length === 0 ? "partner" : undefined;
  }
  const { base, clone } = byName(pair);
  const isMember = (member: string, role: string) =>
    membershipsOf(facts, member, role).some(({ set }) => set);
  const reversed = isMember(base, clone) && !isMember(clone, base) ? "reversed" : undefined;
  return isMarked(facts, clone, base) ? "clone" : reversed;
}

/** The statements with which administrators mark a pair. */
export function mark(facts: Facts, pair: Pair): string[] {
  const { base, clone } = byName(pair);
  return pair.clone === undefined
    ? [...comment(facts, pair.alternate, pair.current), ...comment(facts, pair.current, pair.alternate)]
    : [...unmark(facts, pair), `GRANT ${id(base)} TO ${id(clone)}`];
}

/** The statements that end a reversed marker. */
export function unmark(facts: Facts, pair: Pair): string[] {
  const { base, clone } = byName(pair);
  const rows = markerOf(facts, pair) === "reversed" ? membershipsOf(facts, base, clone) : [];
  return rows.map((row) => revoke(facts, row).remedy);
}

/**
 * COMMENT ON ROLE that adds the line which marks a user as the partner of another one; none if it is there. As JSON, the
 * name is one line, whatever characters it has, and no part of a longer name. Administrators of a role comment on it; the
 * role itself may not.
 */
export function comment(facts: Facts, user: string, partner: string): string[] {
  const lines = roleNamed(facts, user)?.comment?.split("\n") ?? [];
  const line = `rotation_partner_of: ${JSON.stringify(partner)}`;
  const text = literal([...lines, line].join("\n"));
  return lines.includes(line) ? [] : [`COMMENT ON ROLE ${id(user)} IS ${text}`];
}
