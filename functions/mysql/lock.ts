import { hash } from "node:crypto";
import { RotationError } from "../../shared/report/errors.ts";
import { ServerRefusal } from "./errors.ts";
import type { MysqlSession } from "./session.ts";
import { literal } from "./sql.ts";

/** Errors of Percona XtraDB Cluster (pxc_strict_mode) and Galera: a lock of one node has no effect on the others. */
const FORBIDDEN = [1105, 1235];

/**
 * Takes a lock by which rotations of the same users wait for each other. The lock ends with the session. It protects from
 * nothing else: any user of the server may hold it.
 *
 * @param onTimeout `goOn` if the change is a compare-and-swap, which needs no lock.
 */
export async function lock(
  session: MysqlSession,
  subject: string,
  onTimeout: "goOn" | "refuse",
): Promise<void> {
  const { log, deadline } = session.invocation;
  const name = literal(`rotation ${hash("sha256", subject).slice(0, 32)}`);
  // Less than half of the time: the rest is for the changes, and MariaDB ends each statement after half of it.
  const seconds = Math.max(1, Math.floor(deadline.remaining() / 2200));
  const [row] = await session.rows(`SELECT GET_LOCK(${name}, ${seconds})`).catch((error: unknown) => {
    if (error instanceof ServerRefusal && FORBIDDEN.includes(error.number)) {
      log.warn(
        "The server forbids GET_LOCK, as clusters do: two rotations at once do not wait for each other.",
      );
      return [["1"]];
    }
    throw error;
  });
  if (row?.[0] !== "1") {
    const [[holder] = []] = await session.rows(`SELECT IS_USED_LOCK(${name})`);
    const what = `Another session, connection ${holder ?? "unknown"}, holds the lock GET_LOCK(${name}).`;
    if (onTimeout === "refuse") {
      throw new RotationError(
        "locked",
        what,
        "If that is another rotation of the same users, Secrets Manager retries this one. Otherwise run as an " +
          `administrator: KILL ${holder ?? "<the connection that IS_USED_LOCK names>"}`,
      );
    }
    log.warn(`${what} The change needs no lock: it names the password that it replaces.`);
  }
  await session.renewTimeouts();
}
