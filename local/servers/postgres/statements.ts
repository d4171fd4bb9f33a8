/**
 * Counts one user's messages with SQL in the log of a server with `log_statement = all`. A message with several statements
 * counts once.
 */
export function countStatements(log: string, username: string): number {
  const user = username.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const line = String.raw`^\d{4}-\d\d-\d\d [^\t\n]*\t${user}\t[^\t\n]*\tLOG:  (?:statement|execute [^:\n]*): `;
  return [...log.matchAll(new RegExp(line, "gm"))].length;
}
