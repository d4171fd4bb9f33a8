import type { AdminReaders, Change } from "../../../shared/engine/pair.ts";
import { storedForm } from "../password.ts";
import { begin, limits, type PostgresSession } from "../session.ts";
import { sqlState } from "../sql.ts";
import { handOver } from "./hand-over.ts";
import { PASSWORD, type PostgresChange } from "./plan.ts";

/**
 * Makes the changes, inside `exclusively`. What is handed over is committed at once, and what comes before it as well:
 * the clone must be a member of the role that gets its belongings.
 */
export async function apply(
  { admin, current }: AdminReaders<PostgresSession>,
  changes: readonly Change[],
  password: string,
): Promise<void> {
  const all = changes as readonly PostgresChange[]; // They are those of our own plan.
  const first = all.findIndex(({ estate }) => estate !== undefined);
  if (first >= 0) {
    // Nothing is said in this session meanwhile, and its lock must hold as long as that takes.
    const rest = Math.ceil(admin.invocation.deadline.remaining() * 0.9);
    await admin.sql.query(`SET LOCAL idle_in_transaction_session_timeout = ${rest}`);
    await using session = await admin.openIn(admin.database);
    const before = all.slice(0, first).map(({ statement }) => statement);
    if (session !== undefined) {
      await session.sql.query([`${begin(session, before.length)} SELECT`, ...before, "COMMIT"].join("; "));
    }
    for (const { estate } of all) {
      await (estate && handOver(admin, estate));
    }
  }
  const due = all.slice(Math.max(first, 0)).filter(({ estate }) => estate === undefined);
  await makeAll(admin, await Promise.all(due.map((change) => executable(change, current, password))));
}

async function executable(
  change: PostgresChange,
  current: PostgresSession,
  password: string,
): Promise<PostgresChange> {
  const { kind, statement, user } = change;
  const start = statement.slice(0, -PASSWORD.length);
  return kind === "password"
    ? { ...change, run: start + (await storedForm(current, String(user), password)) }
    : change;
}

/** All in one message; one after the other if the server refuses one that the rotation may go on without. */
async function makeAll(admin: PostgresSession, changes: readonly PostgresChange[]): Promise<void> {
  const { sql, invocation } = admin;
  const send = (some: readonly PostgresChange[]) => {
    const statements = some.map(({ run, statement }) => run ?? statement);
    return sql.query([`${limits(admin, some.length)} SAVEPOINT changes`, ...statements].join("; "));
  };
  const isOptional = ({ optional }: PostgresChange, error: unknown) =>
    optional === true && /^(0L|22|2B|42|55P02)/.test(sqlState(error) ?? ""); // Not allowed, or not valid any more.
  try {
    await send(changes);
  } catch (error) {
    if (!changes.some((change) => isOptional(change, error))) {
      throw error;
    }
    await sql.query("ROLLBACK TO SAVEPOINT changes");
    for (const change of changes) {
      await send([change]).catch(async (refusal) => {
        if (!isOptional(change, refusal)) {
          throw refusal;
        }
        await sql.query("ROLLBACK TO SAVEPOINT changes");
        invocation.log.warn(`The server refuses this (SQLSTATE ${sqlState(refusal)}): ${change.statement}`);
      });
    }
  }
}
