import type { Logins } from "../../logins.ts";

/** Beginning of a line with cluster.ts's log_line_prefix, "%m [%p] %e\t%u\t%d\t". Captures the process id. */
const PREFIX = String.raw`^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[(?<pid>\d+)\] `;

/**
 * SQLSTATEs with which the server rejects a login: authorization (28…), no CONNECT privilege, no such database, too many
 * connections, a database that accepts none, a server that is starting up or shutting down. An accepted session can end with
 * FATAL too (57P01, 57P05, 25P03).
 */
const REFUSED = "(?:28...|42501|3D000|53300|55000|57P03)";

/**
 * Counts logins in (a part of) a server's log, PostgreSQL 14 to 18. A login with "connection authorized" can still be
 * rejected: the server checks NOLOGIN, the connection limit and the CONNECT privilege afterward. The log does not escape user
 * names, so the name is matched literally between the tabs of the prefix.
 */
export function countLogins(log: string, username: string): Logins {
  const user = username.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const authorized = `${PREFIX}00000\t${user}\t[^\t\n]*\tLOG:  connection authorized: user=`;
  const refused = `${PREFIX}${REFUSED}\t${user}\t[^\t\n]*\tFATAL:  `;
  const events = [
    ...matches(log, authorized).map((event) => ({ ...event, accepted: true })),
    ...matches(log, refused).map((event) => ({ ...event, accepted: false })),
  ].sort((one, other) => one.index - other.index);

  const lastOfProcess = new Map<string, { accepted: boolean }>();
  const logins: Logins = { accepted: 0, rejected: 0 };
  for (const { pid, accepted } of events) {
    if (accepted) logins.accepted++;
    else {
      logins.rejected++;
      if (lastOfProcess.get(pid)?.accepted) logins.accepted--;
    }
    lastOfProcess.set(pid, { accepted });
  }
  return logins;
}

function matches(log: string, pattern: string): { index: number; pid: string }[] {
  return [...log.matchAll(new RegExp(pattern, "gm"))].map((match) => ({
    index: match.index,
    pid: match.groups?.pid ?? "",
  }));
}
