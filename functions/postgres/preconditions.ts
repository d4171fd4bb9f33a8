import type { Pair } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { inTurn } from "../../shared/report/one-line.ts";
import { beyondSetRole } from "./attributes.ts";
import { type Excess, excessOf, grantedBeyond } from "./excess.ts";
import { placesOfBelongings } from "./ownership.ts";
import { actingRole } from "./role-settings.ts";
import type { Role } from "./roles.ts";
import type { Sql } from "./sql.ts";

// What must hold of the two users before the alternate one gets a password.

/** The last parameter of Session.prepareAlternate. */
export type IsOurs = () => Promise<boolean>;

/** A clone whose base user was dropped may do nothing any more: a twin of it would be one of nobody. */
export async function assertNotLost(sql: Sql, { current, alternate }: Pair): Promise<void> {
  if ((await actingRole(sql, current)) !== alternate) {
    return;
  }
  const [base, clone] = [alternate, current].map(sql.escapeIdentifier);
  throw new RotationError(
    "difference",
    `There is no role ${alternate} any more, as which ${current} acts, and what the two may do was granted to it.`,
    `Run as an administrator: CREATE ROLE ${base} LOGIN; GRANT ${base} TO ${clone} - then grant it what it had, and ` +
      "rotate again.",
  );
}

export async function assertNothingMore(sql: Sql, base: Role, clone: Role, plain: boolean): Promise<void> {
  const excess = await excessOf(sql, base, clone, plain);
  if (excess.length > 0) {
    throw new RotationError(
      "difference",
      `The user ${clone.name} has ${listed(excess)}, which ${base.name} has not, and which the function may not ` +
        "take away.",
      `Run as an administrator: ${inTurn(excess.map(({ cure }) => cure))}`,
    );
  }
}

/** What somebody has granted to the clone alone, the application would lack as the base user. */
export async function assertNothingLost(sql: Sql, clone: Role, base: Role, plain: boolean): Promise<void> {
  const excess = await grantedBeyond(sql, base, clone, plain);
  if (excess.length > 0) {
    throw new RotationError(
      "difference",
      `The user ${clone.name} has ${listed(excess)}, which ${base.name}, whose turn it is, has not.`,
      `Grant that to ${base.name} if the application needs it; otherwise run as an administrator: ` +
        inTurn(excess.map(({ cure }) => cure)),
    );
  }
}

/** An error message is no place for a whole catalog; the statements beside it tell the rest. */
const MOST = 10;

function listed(excess: readonly Excess[]): string {
  const whats = excess.slice(0, MOST).map(({ what }) => what);
  return [...whats, ...(excess.length > MOST ? [`${excess.length - MOST} more`] : [])].join(", ");
}

/**
 * People's roles are members of applications' too. What such a role owns or was granted would be open to whoever reads
 * the secret; a clone of ours may well have made something that is still its own.
 */
export async function assertNothingOfItsOwn(
  sql: Sql,
  base: Role,
  clone: Role,
  isOurs?: IsOurs,
): Promise<void> {
  const places = await placesOfBelongings(sql, clone.name);
  if (places.length === 0 || (await isOurs?.())) {
    return;
  }
  const [from, to] = [clone.name, base.name].map(sql.escapeIdentifier);
  const databases = places.map(({ database }) => database).join(", ");
  throw new RotationError(
    "difference",
    `The user ${clone.name} has objects or privileges of its own in ${databases}, and has not been rotated by this secret.`,
    `If it is to be the twin of ${base.name}, run there as an administrator: REASSIGN OWNED BY ${from} TO ${to}; ` +
      `DROP OWNED BY ${from} - otherwise name another alternateUsername.`,
  );
}

export function assertNothingBeyondSetRole(sql: Sql, clone: Role, base: Role): void {
  const beyond = beyondSetRole(base, clone);
  if (beyond.length > 0) {
    const [ofBase, ofClone] = [base, clone].map(({ name }) => `ALTER ROLE ${sql.escapeIdentifier(name)}`);
    throw new RotationError(
      "difference",
      `The user ${base.name} has ${beyond.join(", ")}, which ${clone.name} has not.`,
      `Run as an administrator: ${ofClone} ${beyond.join(" ")} - or, if ${base.name} shall not have it either: ` +
        `${ofBase} ${beyond.map((flag) => `NO${flag}`).join(" ")}`,
    );
  }
}
