import { createHash } from "node:crypto";
import { RotationError } from "../../shared/report/errors.ts";
import { isConcurrentChange } from "./errors.ts";
import { begin, limits, type PostgresSession } from "./session.ts";
import { sqlState } from "./sql.ts";

/** How often the work is done again, from the first statement on, when another transaction came in between. */
const MOST_RETRIES = 2;

/** Milliseconds. Anybody may hold an advisory lock: it only spares those who wait in the same database a retry. */
const LONGEST_COURTESY_MS = 3000;

/**
 * Runs the work in a transaction that begins with a statement about the row of a role. The statement is the lock, across
 * databases: whatever else changes the role waits for it, or fails.
 *
 * @param users those whose rotations wait for each other.
 * @param mayLack whether the role may be missing, not the session's to alter, or the server's own: then there is nothing
 * to lock. Of two who create the role, the server lets one through.
 */
export async function holding<T>(
  session: PostgresSession,
  users: readonly string[],
  { statement, mayLack }: { statement: string; mayLack: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const { sql } = session;
  const key = createHash("sha256").update(`rotation of ${users.toSorted().join(" and ")}`);
  const advisory = `SELECT pg_advisory_xact_lock('${key.digest().readBigInt64BE()}'::bigint)`;
  const lock = async () => {
    const courtesy = Math.min(LONGEST_COURTESY_MS, session.invocation.deadline.remaining() / 8);
    try {
      await sql.query(`${begin(session, 1, courtesy)} ${advisory}; ${limits(session)} ${statement}`);
    } catch (error) {
      const code = sqlState(error) ?? "";
      if (code !== "55P03" && !(mayLack && ["42704", "42501", "42939"].includes(code))) {
        throw error;
      }
      await sql.query(`ROLLBACK; ${begin(session)} ${code === "55P03" ? statement : advisory}`);
    }
  };
  for (let attempt = 0; ; attempt++) {
    try {
      await lock();
      const result = await work();
      await sql.query("COMMIT");
      return result;
    } catch (error) {
      await sql.query("ROLLBACK").catch(() => {});
      if (attempt === MOST_RETRIES || !isWorthARetry(error)) {
        throw error;
      }
    }
  }
}

/** What the server answers to one of two who create or change a role at the same time, also in the words of `explain`. */
function isWorthARetry(error: unknown): boolean {
  return error instanceof RotationError
    ? error.reason === "locked"
    : isConcurrentChange(error) || ["23505", "42710", "55P03", "40P01"].includes(sqlState(error) ?? "");
}
