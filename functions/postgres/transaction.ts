import { createHash } from "node:crypto";
import type { Deadline } from "../../shared/protocol/deadline.ts";
import type { Sql } from "./sql.ts";

/**
 * The beginning of a transaction that changes users, as one message.
 *
 * - READ WRITE, whatever default_transaction_read_only says; a replica refuses it.
 * - READ COMMITTED: whoever waited for the lock is to see what the one before did.
 * - Only the server's own functions and operators are found, not those that somebody put into the public schema.
 * - Points in time are read and written with their offset: abbreviations of time zones are ambiguous.
 * - Its timeouts end before the step's deadline does: the server would go on waiting when nobody is left. They are
 *   set here because pgbouncer refuses them at login.
 * - Rotations of the same users wait for each other: two ALTER ROLE at once fail ("tuple concurrently updated").
 */
export function beginChange(sql: Sql, users: readonly string[], deadline: Deadline): string {
  const timeout = Math.ceil(deadline.remaining() * 0.8);
  return `
    BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL search_path TO pg_catalog, pg_temp;
    SET LOCAL DateStyle TO ISO;
    SET LOCAL lock_timeout = ${timeout};
    SET LOCAL statement_timeout = ${timeout};
    SELECT pg_advisory_xact_lock(${sql.escapeLiteral(lockKey(users))}::bigint);`;
}

/** The same key whichever of a pair comes first. */
function lockKey(users: readonly string[]): string {
  const name = `rotation of ${[...users].sort().join(" and ")}`;
  return createHash("sha256").update(name).digest().readBigInt64BE().toString();
}

/** Looks things up with the server's own functions and operators, and changes nothing. */
export async function lookUp<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  await sql.query(
    "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL search_path TO pg_catalog, pg_temp",
  );
  const found = await work();
  await sql.query("COMMIT");
  return found;
}
