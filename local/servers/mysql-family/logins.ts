import type { Logins } from "../../logins.ts";
import { rows, userOf } from "./general-log.ts";

/** A server that starts writes this before its first row, and counts its connections from the beginning. */
const START = /^Time\s+Id Command\s+Argument\n/m;

/**
 * Counts logins in a general log. Its row of an attempt is the same whatever comes of it, and not every refusal has a
 * row of its own (a used up MAX_USER_CONNECTIONS has none, nor a locked account on MariaDB). So the next row of the
 * same connection decides: only who was let in says something, be it goodbye. A client that is killed between the login
 * and its first statement counts as rejected.
 *
 * @param sessions the ids of the connections that are open now: who is there was let in, even if he said nothing yet
 */
export function countLogins(log: string, username: string, sessions: ReadonlySet<number>): Logins {
  const logins = { accepted: 0, rejected: 0 };
  const starts = log.split(START);
  for (const [index, rowsOfOneStart] of starts.entries()) {
    const undecided = new Set<number>();
    for (const { id, command, argument } of rows(rowsOfOneStart)) {
      if (undecided.delete(id)) logins[isRefusal(command, argument) ? "rejected" : "accepted"]++;
      if (userOf(command, argument) === username) undecided.add(id);
    }
    for (const id of undecided) {
      const isOpen = index === starts.length - 1 && sessions.has(id);
      logins[isOpen ? "accepted" : "rejected"]++;
    }
  }
  return logins;
}

function isRefusal(command: string, argument: string): boolean {
  return command === "Connect" || (command === "Init DB" && argument.startsWith("Access denied for user "));
}
