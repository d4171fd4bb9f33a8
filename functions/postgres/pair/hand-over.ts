import { RotationError } from "../../../shared/report/errors.ts";
import { asAdmin, begin, limits, type PostgresSession } from "../session.ts";
import { id, sqlState } from "../sql.ts";
import { type Estate, PORTION, readEstate, remedyFor } from "./estate.ts";

/** Milliseconds. While a statement waits for a table's lock, applications that need the table queue behind it. */
const LONGEST_LOCK_MS = 2000;

/**
 * Hands a clone's belongings over to the successor, in a session of its own and in portions. Each portion is committed, so
 * the next attempt continues where this one ran out of time or met a lock. In each transaction the admin user grants itself
 * membership in both roles and revokes it again. If it had granted itself a membership before, that grant is the same row
 * of pg_auth_members, and its options are restored.
 *
 * @throws RotationError `locked`, or `privilege-mismatch` with the statements for an administrator.
 */
export async function handOver(admin: PostgresSession, estate: Estate): Promise<void> {
  await using session = await admin.open({ database: estate.database });
  let [before, portion] = ["", PORTION];
  while (session) {
    let statements: string[] = [];
    try {
      const { temporaryGrants, ...now } = await readEstate(session, estate, begin(session), portion);
      statements = nextStatements(now, portion);
      if (statements.length === 0 || statements.join() === before) {
        return; // The next read of the facts finds what is left.
      }
      const lent = [...temporaryGrants.map(({ grant }) => grant), ...statements];
      const revoke = [asAdmin(session), ...temporaryGrants.map((temporary) => temporary.revoke), "COMMIT"];
      const start = `${limits(session, statements.length, LONGEST_LOCK_MS)} SELECT`;
      await session.sql.query([start, ...lent, ...revoke].join("; "));
      before = statements.join();
    } catch (error) {
      await session.sql.query("ROLLBACK").catch(() => {});
      // 53200: the lock table of a small server has no room for so many at once.
      if (sqlState(error) !== "53200" || statements.length < 2) {
        throw refused(estate, sqlState(error)) ?? error;
      }
      portion = Math.ceil(statements.length / 4);
    }
  }
}

/** ALTER TABLE also accepts views, sequences and foreign tables. Each takes a few of the server's thousands of locks. */
function nextStatements(
  { of, successor, relations, harmless, unsafe, entitlements }: Omit<Estate, "temporaryGrants">,
  maximum: number,
): string[] {
  const owner = id(successor);
  const removable = entitlements.filter((entitlement) => entitlement.removable).slice(0, maximum);
  if (relations.length > 0) {
    return relations.map((name) => `ALTER TABLE ${name} OWNER TO ${owner}`);
  }
  // The next plan refuses what has become unsafe since this one was made.
  return harmless > 0 && unsafe.length === 0
    ? [`REASSIGN OWNED BY ${id(of)} TO ${owner}`]
    : removable.map(({ removal }) => removal);
}

function refused(estate: Estate, code: string | undefined): RotationError | undefined {
  const { of, successor, database } = estate;
  if (code === undefined || !["55P03", "57014", "40P01"].includes(code)) {
    const what = `The server refuses to hand over to ${successor} what ${of} has of its own (SQLSTATE ${code}).`;
    return code ? new RotationError("privilege-mismatch", what, remedyFor([estate])) : undefined;
  }
  const what = `In the database ${id(database)}, a transaction holds a lock on something that ${of} owns (SQLSTATE ${code}).`;
  const remedy =
    "Secrets Manager retries the rotation, which goes on with what is left. Find the lock in pg_locks.";
  return new RotationError("locked", what, remedy);
}
