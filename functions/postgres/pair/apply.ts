import type { AdminReaders, Change } from "../../../shared/engine/pair.ts";
import { meaningOf } from "../errors.ts";
import { storedForm } from "../password.ts";
import { begin, limits, type PostgresSession } from "../session.ts";
import { sqlState } from "../sql.ts";
import { handOver } from "./hand-over.ts";
import { PASSWORD, type PostgresChange } from "./plan.ts";

/**
 * Executes the changes, inside `exclusively`. Handovers and the changes before them are committed at once: the clone must
 * be a member of the role that receives its belongings.
 */
export async function apply(
  { admin, current }: AdminReaders<PostgresSession>,
  changes: readonly Change[],
  password: string,
): Promise<void> {
  const all = changes as readonly PostgresChange[]; // plan() made them.
  const first = all.findIndex(({ estate }) => estate !== undefined);
  if (first >= 0) {
    // This session is idle during the handover, and must keep its lock until the handover has ended.
    const rest = Math.ceil(admin.invocation.deadline.remaining() * 0.9);
    await admin.sql.query(`SET LOCAL idle_in_transaction_session_timeout = ${rest}`);
    await using session = await admin.open({ database: admin.database });
    const before = all.slice(0, first).map(({ statement }) => statement);
    await session?.sql.query([`${begin(session, before.length)} SELECT`, ...before, "COMMIT"].join("; "));
    for (const { estate } of all) {
      await (estate && handOver(admin, estate));
    }
  }
  const due = all.slice(Math.max(first, 0)).filter(({ estate }) => estate === undefined);
  const runnable = due.map(async ({ user = "", ...change }) => {
    const run = async () =>
      change.statement.slice(0, -PASSWORD.length) + (await storedForm(current, user, password));
    return change.kind === "password" ? { ...change, user, run: await run() } : change;
  });
  await makeAll(admin, await Promise.all(runnable), password);
}

/** Sends all changes in one message. If the server refuses it, sends them one by one: some may fail (see Fault.run). */
async function makeAll(
  admin: PostgresSession,
  changes: readonly PostgresChange[],
  password: string,
): Promise<void> {
  const send = (group: readonly PostgresChange[]) => {
    const statements = group.map(({ run, statement }) => run ?? statement);
    return admin.sql.query([`${limits(admin, group.length)} SAVEPOINT changes`, ...statements].join("; "));
  };
  const undo = () => admin.sql.query("ROLLBACK TO SAVEPOINT changes");
  try {
    await send(changes);
  } catch (error) {
    const reason = meaningOf(error, "admin")?.reason;
    if (reason === undefined || reason === "locked") {
      throw error;
    }
    await undo();
    for (const change of changes) {
      await send([change]).catch(async (refusal) => {
        admin.invocation.log.warn(await whyLeftOut(admin, change, password, refusal));
        await undo();
      });
    }
  }
}

/** @throws the refusal, unless the change is optional (Fault.run) or the user has the pending password already. */
async function whyLeftOut(
  admin: PostgresSession,
  { kind, run, user = "", statement }: PostgresChange,
  password: string,
  refusal: unknown,
): Promise<string> {
  const code = sqlState(refusal) ?? "";
  if (kind !== "password" && run !== undefined && /^(0L|22|2B|42|55P02)/.test(code)) {
    return `The server refuses this (SQLSTATE ${code}): ${statement}`;
  }
  const isSet = kind === "password" && meaningOf(refusal, "admin")?.reason === "password-refused";
  await using session = isSet ? await admin.open({ username: user, password }) : undefined;
  if (session === undefined) {
    throw refusal;
  }
  return "The server refuses the pending password, which the alternate user has already";
}
