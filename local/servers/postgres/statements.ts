/**
 * Counts the messages with SQL of one user in the log of a server whose setting `log_statement` is `all`. A message that
 * holds several statements, which the server answers at once, counts once.
 */
export function countStatements(log: string, username: string): number {
  const user = username.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const line = String.raw`^\d{4}-\d\d-\d\d [^\t\n]*\t${user}\t[^\t\n]*\tLOG:  (?:statement|execute [^:\n]*): `;
  return [...log.matchAll(new RegExp(line, "gm"))].length;
}
