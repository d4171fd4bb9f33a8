import { createHash } from "node:crypto";
import { RotationError } from "../../shared/report/errors.ts";
import { meaningOf } from "./errors.ts";
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
  const advisory = `SELECT pg_advisory_xact_lock('${key.digest().readBigInt64BE()}'::bigint);`;
  const lock = async (start: string, courtesy: string, own: string): Promise<void> => {
    const longest = Math.min(LONGEST_COURTESY_MS, session.invocation.deadline.remaining() / 8);
    try {
      await sql.query(`${start} ${begin(session, 1, longest)} ${courtesy} ${limits(session)} ${own}`);
    } catch (error) {
      const code = sqlState(error) ?? "";
      const isHeld = code === "55P03" && courtesy !== "";
      if (!isHeld && !(mayLack && own !== "" && ["42704", "42501", "42939"].includes(code))) {
        throw error;
      }
      await lock("ROLLBACK;", isHeld ? "" : courtesy, isHeld ? own : "");
    }
  };
  let held: unknown;
  for (let attempt = 0; ; attempt++) {
    try {
      await lock("", advisory, statement);
      const result = await work();
      await sql.query("COMMIT");
      return result;
    } catch (error) {
      await sql.query("ROLLBACK").catch(() => {});
      // What the work throws is explained already.
      const reason = error instanceof RotationError ? error.reason : meaningOf(error, "admin")?.reason;
      held ??= reason === "locked" ? error : undefined;
      if (attempt === MOST_RETRIES || reason !== "locked") {
        // A lock that an attempt has met is what the next one had no time for.
        throw reason === "unavailable" ? (held ?? error) : error;
      }
    }
  }
}
