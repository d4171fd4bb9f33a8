import type { Pair } from "../../shared/engine.ts";
import { RotationError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { inTurn } from "../../shared/one-line.ts";
import { differentFlags } from "./attributes.ts";
import { alignClone, shareBelongings } from "./clone.ts";
import { advantages } from "./differences.ts";
import { assertMasterMay } from "./master-privileges.ts";
import { differencesBetweenPeers } from "./own-rights.ts";
import { placesOfBelongings } from "./ownership.ts";
import { actingRole } from "./role-settings.ts";
import { type Role, readRoles } from "./roles.ts";
import { readServer } from "./server.ts";
import type { Sql } from "./sql.ts";
import { lookUp } from "./transaction.ts";

/** The last parameter of Session.prepareAlternate. */
export type IsOurs = () => Promise<boolean>;

/** @see Session.missingMark */
export async function missingMark(sql: Sql, pair: Pair): Promise<string | undefined> {
  const { alternate, clone } = await lookUp(sql, () => readRoles(sql, pair));
  if (alternate === undefined || clone !== undefined) {
    return undefined;
  }
  const [base, ours] =
    pair.clone === "current" ? [pair.alternate, pair.current] : [pair.current, pair.alternate];
  return `GRANT ${sql.escapeIdentifier(base)} TO ${sql.escapeIdentifier(ours)}`;
}

/**
 * Prepares the alternate user but for its password, inside a transaction that holds the lock of the pair.
 *
 * Which of the two is the clone, the mark says: it is a member of the other. A pair without the mark, which the
 * strategy has decided to take, goes by the names. No user gets a password of this secret's that may do more than the
 * current one: whoever reads AWSPENDING could log in as it, whatever testSecret says later.
 */
export async function prepare(sql: Sql, pair: Pair, log: Log, isOurs?: IsOurs): Promise<void> {
  const server = await readServer(sql);
  const roles = await readRoles(sql, pair);
  const { current, alternate } = roles;
  if (current === undefined) {
    throw new RotationError(
      "unsupported",
      `There is no role ${pair.current} of its own.`,
      "Name a role in the secret.",
    );
  }
  if (alternate === undefined) {
    await assertNotLost(sql, pair);
  }
  await assertMasterMay(sql, [current, alternate]);
  if (alternate === undefined) {
    await sql.query(`CREATE ROLE ${sql.escapeIdentifier(pair.alternate)} NOLOGIN`);
    const { alternate: created } = await readRoles(sql, pair);
    if (created) {
      await alignClone(sql, server, { base: current, clone: created, untouchable: false }, log);
    }
    return;
  }
  if (!alternate.canLogin) {
    throw new RotationError(
      "login-not-allowed",
      `The role ${alternate.name} may not log in, which somebody has decided.`,
      `If it shall again, run as an administrator: ALTER ROLE ${sql.escapeIdentifier(alternate.name)} LOGIN`,
    );
  }
  const clone = roles.clone ?? pair.clone;
  const untouchable = pair.clone === undefined;
  if (clone === "alternate") {
    if (untouchable) {
      await assertNothingMore(sql, current, alternate);
      await assertNothingOfItsOwn(sql, current, alternate, isOurs);
    }
    await alignClone(sql, server, { base: current, clone: alternate, untouchable }, log);
    const { alternate: aligned } = await readRoles(sql, pair);
    if (aligned) {
      await assertNothingMore(sql, current, aligned);
    }
  } else if (clone === "current") {
    if (untouchable) {
      assertNothingBeyondSetRole(sql, current, alternate);
    }
    await shareBelongings(sql, server, { base: alternate, clone: current, untouchable }, log);
  } else {
    const differences = await differencesBetweenPeers(sql, current, alternate);
    if (differences.length > 0) {
      throw new RotationError(
        "difference",
        `The user ${alternate.name} ${differences.join("; it ")}.`,
        `Make it equal to ${current.name}: neither of two users of their own right is made after the other.`,
      );
    }
    log.info(`${pair.current} and ${pair.alternate} are users of their own right: only the password changes`);
  }
}

/** A clone whose base user was dropped may do nothing any more: a twin of it would be one of nobody. */
async function assertNotLost(sql: Sql, { current, alternate }: Pair): Promise<void> {
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

async function assertNothingMore(sql: Sql, base: Role, clone: Role): Promise<void> {
  const { more, cures } = await advantages(sql, base, clone, true);
  if (more.length > 0) {
    throw new RotationError(
      "difference",
      `The user ${clone.name} has ${more.join(", ")}, which ${base.name} has not, and which the function may not ` +
        "take away.",
      `Run as an administrator: ${inTurn(cures)}`,
    );
  }
}

/**
 * People's roles are members of applications' too. What such a role owns or was granted would be open to whoever reads
 * the secret; a clone of ours may well have made something that is still its own.
 */
async function assertNothingOfItsOwn(sql: Sql, base: Role, clone: Role, isOurs?: IsOurs): Promise<void> {
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

/** What the base user has, its member gets by SET ROLE: all but what is asked for before there is a session. */
function assertNothingBeyondSetRole(sql: Sql, clone: Role, base: Role): void {
  const { less } = differentFlags(base, clone, true);
  if (less.length > 0) {
    throw new RotationError(
      "difference",
      `The user ${base.name} has ${less.join(", ")}, which ${clone.name} has not.`,
      `Run as an administrator: ALTER ROLE ${sql.escapeIdentifier(clone.name)} ${less.join(" ")} - or name another ` +
        "alternateUsername.",
    );
  }
}
