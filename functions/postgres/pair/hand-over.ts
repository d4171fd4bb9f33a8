import { RotationError } from "../../../shared/report/errors.ts";
import { asAdmin, begin, limits, type PostgresSession } from "../session.ts";
import { id, sqlState } from "../sql.ts";
import { type Estate, PORTION, readEstate, remedyFor } from "./estate.ts";

/** Milliseconds. Applications that want the same table queue up behind whatever waits for a lock on it. */
const LONGEST_LOCK_MS = 2000;

/**
 * Hands over what a clone has of its own to what its base role acts as, in a session of its own and in portions that are
 * kept: what is left when time is up, or when a lock is held, the next run goes on with. In each transaction the admin
 * user lends itself membership in both roles. What it has granted itself before is one row with this, and is put back as
 * it was.
 *
 * @throws RotationError `locked`, or `privilege-mismatch` with the statements for an administrator.
 */
export async function handOver(admin: PostgresSession, estate: Estate): Promise<void> {
  await using session = await admin.open({ database: estate.database });
  let [before, portion] = ["", PORTION];
  while (session) {
    let statements: string[] = [];
    try {
      const { loans, ...now } = await readEstate(session, estate, begin(session), portion);
      statements = due(now, portion);
      if (statements.length === 0 || statements.join() === before) {
        return; // What is left, the next reading finds.
      }
      const lent = [...loans.map(({ lend }) => lend), ...statements];
      const back = [asAdmin(session), ...loans.map((loan) => loan.back), "COMMIT"];
      const start = `${limits(session, statements.length, LONGEST_LOCK_MS)} SELECT`;
      await session.sql.query([start, ...lent, ...back].join("; "));
      before = statements.join();
    } catch (error) {
      await session.sql.query("ROLLBACK").catch(() => {});
      // The lock table of a small server takes less at once.
      if (sqlState(error) !== "53200" || statements.length < 2) {
        throw refused(estate, sqlState(error)) ?? error;
      }
      portion = Math.ceil(statements.length / 4);
    }
  }
}

/** ALTER TABLE is for views, sequences and foreign tables, too: each takes a few locks, of which a server has thousands. */
function due(
  { of, heir, relations, harmless, unsafe, titles }: Omit<Estate, "loans">,
  most: number,
): string[] {
  const owner = id(heir);
  const superfluous = titles.filter((title) => title.superfluous).slice(0, most);
  if (relations.length > 0) {
    return relations.map((name) => `ALTER TABLE ${name} OWNER TO ${owner}`);
  }
  // What has become unsafe meanwhile, the next plan refuses.
  return harmless > 0 && unsafe.length === 0
    ? [`REASSIGN OWNED BY ${id(of)} TO ${owner}`]
    : superfluous.map(({ take }) => take);
}

function refused(estate: Estate, code: string | undefined): RotationError | undefined {
  const { of, heir, database } = estate;
  if (code === undefined || !["55P03", "57014", "40P01"].includes(code)) {
    const what = `The server refuses to hand over to ${heir} what ${of} has of its own (SQLSTATE ${code}).`;
    return code ? new RotationError("privilege-mismatch", what, remedyFor([estate])) : undefined;
  }
  const what = `In the database ${id(database)}, a transaction holds a lock on something that ${of} owns (SQLSTATE ${code}).`;
  const remedy =
    "Secrets Manager retries the rotation, which goes on with what is left. Find the lock in pg_locks.";
  return new RotationError("locked", what, remedy);
}
