import type { Finding, Ownership } from "../../../shared/engine/pair.ts";
import { id, literal } from "../sql.ts";
import type { Role } from "./facts.ts";
import { faultsOf } from "./faults.ts";
import { membershipsOf, outsiders, revoke } from "./memberships.ts";
import { byName, partnerLine, type Situation } from "./situation.ts";

/** Below it are the roles that initdb has made, such as postgres and pg_monitor (FirstNormalObjectId). */
export const FIRST_OID = 16384;

/** What the take-over rule decides from. */
export function ownershipOf(situation: Situation): Ownership {
  const { facts, alternate, base, marker } = situation;
  const isMarked = marker === "clone" || marker === "partner";
  const isClone = alternate !== undefined && alternate.name !== base;
  return {
    exists: alternate !== undefined,
    reserved: alternate !== undefined && alternate.oid < FIRST_OID,
    marker,
    // To take something away from a user that may be another one's is no remedy: without a marker it is not told.
    gains: isMarked ? gains(situation) : [],
    outsiders: isClone ? outsiders(facts, alternate.name, base, facts.reader.acts) : [],
    mark: mark(situation),
    ...(marker === "reversed" && { unmark: unmark(situation).join("; ") }),
  };
}

/** What the alternate user may do beyond the current one, and would go on doing: the master user may not take it away. */
export function gains(situation: Situation): Finding[] {
  const { pair, base } = situation;
  const faults = faultsOf(situation, pair.alternate === base ? pair.current : pair.alternate);
  return pair.alternate === base
    ? faults
        .filter(({ side }) => side === "less")
        .map(({ what }) => ({ what, remedy: `ALTER ROLE ${id(base)} NO${what}` }))
    : faults
        .filter(({ side, curable }) => side === "more" && !curable)
        .map(({ what, cure }) => ({ what, remedy: cure }));
}

/** Administrators mark a clone by its membership, and each of two users that a secret names by a comment. */
function mark(situation: Situation): string {
  const { pair, current, alternate, marker } = situation;
  const { base, clone } = byName(pair);
  const statements =
    pair.clone === undefined
      ? [comment(alternate, pair.alternate, pair.current), comment(current, pair.current, pair.alternate)]
      : [...(marker === "reversed" ? unmark(situation) : []), `GRANT ${id(base)} TO ${id(clone)}`];
  return statements.filter((statement) => statement !== "").join("; ");
}

function unmark({ facts, pair }: Situation): string[] {
  const { base, clone } = byName(pair);
  return membershipsOf(facts, base, clone).map((row) => revoke(facts, row).remedy);
}

/** COMMENT ON ROLE that adds the marker to what the comment says; empty if it is there. */
export function comment(role: Role | undefined, name: string, partner: string): string {
  const lines = role?.comment?.split("\n") ?? [];
  const line = partnerLine(partner);
  const text = literal([...lines, line].join("\n"));
  return lines.includes(line) ? "" : `COMMENT ON ROLE ${id(name)} IS ${text}`;
}
