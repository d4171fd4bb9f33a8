import type { Pair } from "../../shared/engine.ts";
import { RotationError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { alignClone, grantBase } from "./clone.ts";
import { assertMasterMay } from "./master-privileges.ts";
import { readRoles } from "./roles.ts";
import { readServer } from "./server.ts";
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
 * strategy has decided to take, goes by the names.
 */
export async function prepare(sql: Sql, pair: Pair, log: Log): Promise<void> {
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
  await assertMasterMay(sql, current, alternate);
  if (alternate === undefined) {
    await sql.query(`CREATE ROLE ${sql.escapeIdentifier(pair.alternate)} NOLOGIN`);
    const { alternate: created } = await readRoles(sql, pair);
    if (created) {
      await alignClone(sql, server, current, created, log);
    }
    return;
  }
  const clone = roles.clone ?? pair.clone;
  if (clone === "alternate") {
    await alignClone(sql, server, current, alternate, log);
  } else if (clone === "current") {
    await grantBase(sql, server, alternate, current); // The mark; the base user itself is what it should be.
  } else {
    log.info(`${pair.current} and ${pair.alternate} are users of their own right: only the password changes`);
  }
}
