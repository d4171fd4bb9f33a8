import type { Pair } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import type { Log } from "../../shared/report/log.ts";
import { alignClone, shareBelongings } from "./clone.ts";
import { assertMasterMay } from "./master-privileges.ts";
import { differencesBetweenPeers } from "./own-rights.ts";
import {
  assertNothingBeyondSetRole,
  assertNothingLost,
  assertNothingMore,
  assertNothingOfItsOwn,
  assertNotLost,
  type IsOurs,
} from "./preconditions.ts";
import { readRoles } from "./roles.ts";
import { actsAsBaseReliably, readServer } from "./server.ts";
import type { Sql } from "./sql.ts";
import { lookUp } from "./transaction.ts";

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
  const plain = !actsAsBaseReliably(server);
  if (clone === "alternate") {
    if (untouchable) {
      await assertNothingMore(sql, current, alternate, plain);
      await assertNothingOfItsOwn(sql, current, alternate, isOurs);
    }
    await alignClone(sql, server, { base: current, clone: alternate, untouchable }, log);
    const { alternate: aligned } = await readRoles(sql, pair);
    if (aligned) {
      await assertNothingMore(sql, current, aligned, plain);
    }
  } else if (clone === "current") {
    assertNothingBeyondSetRole(sql, current, alternate);
    await assertNothingLost(sql, current, alternate, plain);
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
