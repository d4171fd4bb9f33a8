import { createHash } from "node:crypto";
import { RotationError } from "../../shared/report/errors.ts";
import { meaningOf } from "./errors.ts";
import { begin, limits, type PostgresSession } from "./session.ts";
import { sqlState } from "./sql.ts";

/** Number of retries, from the first statement on, after another transaction changed the same role. */
const MOST_RETRIES = 2;

/** Milliseconds. Any user may hold an advisory lock. The lock only saves retries between steps in the same database. */
const LONGEST_ADVISORY_WAIT_MS = 3000;

/**
 * Runs the work in a transaction whose first statement changes the row of a role. This row is the lock, in all databases:
 * other changes of the role wait for it, or fail.
 *
 * @param users names of the users whose rotations exclude each other.
 * @param mayFail whether the work also runs if the statement fails because the role does not exist, is reserved, or may
 * not be altered. If two transactions create the role, the server refuses the second.
 */
export async function withRoleLock<T>(
  session: PostgresSession,
  users: readonly string[],
  { statement, mayFail }: { statement: string; mayFail: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const { sql } = session;
  const key = createHash("sha256").update(`rotation of ${users.toSorted().join(" and ")}`);
  const advisory = `SELECT pg_advisory_xact_lock('${key.digest().readBigInt64BE()}'::bigint);`;
  const lock = async (start: string, advisoryLock: string, roleLock: string): Promise<void> => {
    const longest = Math.min(LONGEST_ADVISORY_WAIT_MS, session.invocation.deadline.remaining() / 8);
    try {
      await sql.query(
        `${start} ${begin(session, 1, longest)} ${advisoryLock} ${limits(session)} ${roleLock}`,
      );
    } catch (error) {
      const code = sqlState(error) ?? "";
      const isHeld = code === "55P03" && advisoryLock !== "";
      if (!isHeld && !(mayFail && roleLock !== "" && ["42704", "42501", "42939"].includes(code))) {
        throw error;
      }
      await lock("ROLLBACK;", isHeld ? "" : advisoryLock, isHeld ? roleLock : "");
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
      // A RotationError of the work has its reason already.
      const reason = error instanceof RotationError ? error.reason : meaningOf(error, "admin")?.reason;
      held ??= reason === "locked" ? error : undefined;
      if (attempt === MOST_RETRIES || reason !== "locked") {
        // If an earlier attempt met a lock, the lock is why the last attempt ran out of time.
        throw reason === "unavailable" ? (held ?? error) : error;
      }
    }
  }
}
