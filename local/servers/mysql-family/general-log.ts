/** Where a row of the general log begins: MySQL's time, or MariaDB's, which only writes it when it has changed. */
const ROW = /^(?:\S+Z|\d{6} [\d ]\d:\d\d:\d\d|\t)\t *(?<id>\d+) (?<command>[A-Z][\w ]*)\t/gm;

/** What the row of an attempt to log in says: "app@localhost on test using SSL/TLS". Names are not escaped. */
const ATTEMPT = /^(?<user>.*)@[^@]* on .* using (?:SSL\/TLS|TCP\/IP|Socket)$/s;

/** One row: who (the connection), and what he wanted. */
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

/** Who tries to log in with this row; undefined if it is about something else. */
export function userOf(command: string, argument: string): string | undefined {
  if (command !== "Connect" && command !== "Change user") return undefined;
  return ATTEMPT.exec(argument)?.groups?.user;
}
