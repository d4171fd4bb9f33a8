import type { Ownership, Pair } from "../../../shared/engine/pair.ts";
import { id, literal } from "../sql.ts";
import { type Facts, roleNamed } from "./facts.ts";
import { isMarked, membershipsOf, revoke } from "./memberships.ts";

/** Returns the base user and the clone of a pair, by their names. */
export function byName({ current, alternate, clone }: Pair): { base: string; clone: string } {
  return clone === "current" ? { base: alternate, clone: current } : { base: current, clone: alternate };
}

/** The marker of a clone is its membership in the base user. The marker of two users that a secret names is a comment. */
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

/** Returns the statements by which an administrator marks a pair. */
export function mark(facts: Facts, pair: Pair): string[] {
  const { base, clone } = byName(pair);
  return pair.clone === undefined
    ? [...comment(facts, pair.alternate, pair.current), ...comment(facts, pair.current, pair.alternate)]
    : [...unmark(facts, pair), `GRANT ${id(base)} TO ${id(clone)}`];
}

/** Returns the statements that remove a reversed marker. */
export function unmark(facts: Facts, pair: Pair): string[] {
  const { base, clone } = byName(pair);
  const rows = markerOf(facts, pair) === "reversed" ? membershipsOf(facts, base, clone) : [];
  return rows.map((row) => revoke(facts, row).remedy);
}

/**
 * Returns the COMMENT ON ROLE that marks a user as the partner of another; none if the mark exists. The name is written as
 * JSON, so it is one line and cannot be part of a longer name. A role cannot comment on itself; only the role's
 * administrators can. So a secret writer cannot mark a user without administering it.
 */
export function comment(facts: Facts, user: string, partner: string): string[] {
  const lines = roleNamed(facts, user)?.comment?.split("\n") ?? [];
  const line = `rotation_partner_of: ${JSON.stringify(partner)}`;
  const text = literal([...lines, line].join("\n"));
  return lines.includes(line) ? [] : [`COMMENT ON ROLE ${id(user)} IS ${text}`];
}
