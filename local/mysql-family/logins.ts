import type { Logins } from "../logins.ts";

/** Where a row of the general log begins: MySQL's time, or MariaDB's, which only writes it when it has changed. */
const ROW = /^(?:\S+Z|\d{6} [\d ]\d:\d\d:\d\d|\t)\t *(?<id>\d+) (?<command>[A-Z][\w ]*)\t/gm;

/** A server that starts writes this before its first row, and counts its connections from the beginning. */
const START = /^Time\s+Id Command\s+Argument\n/m;

/** What the row of an attempt to log in says: "app@localhost on test using SSL/TLS". Names are not escaped. */
const ATTEMPT = /^(?<user>.*)@[^@]* on .* using (?:SSL\/TLS|TCP\/IP|Socket)$/s;

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

type Row = { id: number; command: string; argument: string };

/** Statements and user names may hold newlines: a row ends where the next one begins. */
function rows(log: string): Row[] {
  const heads = [...log.matchAll(ROW)];
  return heads.map((head, index) => ({
    id: Number(head.groups?.id),
    command: head.groups?.command ?? "",
    argument: log.slice(head.index + head[0].length, heads[index + 1]?.index).replace(/\n$/, ""),
  }));
}

function userOf(command: string, argument: string): string | undefined {
  if (command !== "Connect" && command !== "Change user") return undefined;
  return ATTEMPT.exec(argument)?.groups?.user;
}

function isRefusal(command: string, argument: string): boolean {
  return command === "Connect" || (command === "Init DB" && argument.startsWith("Access denied for user "));
}
