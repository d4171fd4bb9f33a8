/** Beginning of a row of the general log: MySQL's time, or MariaDB's, which is left out while it is the same. */
const ROW = /^(?:\S+Z|\d{6} [\d ]\d:\d\d:\d\d|\t)\t *(?<id>\d+) (?<command>[A-Z][\w ]*)\t/gm;

/** Argument of a row about a login: "app@localhost on test using SSL/TLS". The server does not escape names. */
const ATTEMPT = /^(?<user>.*)@[^@]* on .* using (?:SSL\/TLS|TCP\/IP|Socket)$/s;

/** One row. `id` is that of the connection. */
export type Row = { id: number; command: string; argument: string };

/** The rows of a general log. Statements and user names may hold newlines: a row ends where the next one begins. */
export function rows(log: string): Row[] {
  const heads = [...log.matchAll(ROW)];
  return heads.map((head, index) => ({
    id: Number(head.groups?.id),
    command: head.groups?.command ?? "",
    argument: log.slice(head.index + head[0].length, heads[index + 1]?.index).replace(/\n$/, ""),
  }));
}

/** The user of a row about a login; undefined for other rows. */
export function userOf(command: string, argument: string): string | undefined {
  if (command !== "Connect" && command !== "Change user") return undefined;
  return ATTEMPT.exec(argument)?.groups?.user;
}
