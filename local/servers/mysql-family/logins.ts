import type { Logins } from "../../logins.ts";
import { rows, userOf } from "./general-log.ts";

/** The server writes this header when it starts. Connection ids start again after it. */
const START = /^Time\s+Id Command\s+Argument\n/m;

/**
 * Counts logins in a general log. The row of a login does not tell the outcome, and not every rejected login has a second
 * row: a reached MAX_USER_CONNECTIONS has none, nor has a locked account on MariaDB. So the next row of the connection
 * decides: only an accepted client sends commands, if only Quit. A client that is killed between the login and its first
 * statement counts as rejected.
 *
 * @param sessions ids of the connections that are open now: the server has accepted these, even without a further row
 */
export function countLogins(log: string, username: string, sessions: ReadonlySet<number>): Logins {
  const logins = { accepted: 0, rejected: 0 };
  const starts = log.split(START);
  for (const [index, rowsOfOneStart] of starts.entries()) {
    const unanswered = new Set<number>();
    for (const { id, command, argument } of rows(rowsOfOneStart)) {
      if (unanswered.delete(id)) logins[isRefusal(command, argument) ? "rejected" : "accepted"]++;
      if (userOf(command, argument) === username) unanswered.add(id);
    }
    for (const id of unanswered) {
      const isOpen = index === starts.length - 1 && sessions.has(id);
      logins[isOpen ? "accepted" : "rejected"]++;
    }
  }
  return logins;
}

function isRefusal(command: string, argument: string): boolean {
  return command === "Connect" || (command === "Init DB" && argument.startsWith("Access denied for user "));
}
