import { rows, userOf } from "./general-log.ts";

const STATEMENT = /^(?:Query|Prepare|Execute)$/;

/** Counts one user's messages with statements in a general log. A message with several statements counts once. */
export function countStatements(log: string, username: string): number {
  let statements = 0;
  const users = new Map<number, string>();
  for (const { id, command, argument } of rows(log)) {
    const user = userOf(command, argument);
    if (user !== undefined) users.set(id, user);
    else if (STATEMENT.test(command) && users.get(id) === username) statements++;
  }
  return statements;
}
