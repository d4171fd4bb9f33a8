/** Text as a literal, in the sql_mode that every session sets. Statements that manage accounts take no parameters. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** An account: people call it a user, but for the server one name on two hosts is two of them. */
export interface AccountName {
  readonly user: string;
  /** What the client's address is compared with: "%", "10.1.%", "localhost". */
  readonly host: string;
}

export function accountText({ user, host }: AccountName): string {
  return `${literal(user)}@${literal(host)}`;
}

/** What CURRENT_USER() returns. A host contains no "@"; a user name may. */
export function parseAccount(text: string): AccountName {
  const at = text.lastIndexOf("@");
  return { user: text.slice(0, at), host: text.slice(at + 1) };
}

/** A name as the servers print it. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
