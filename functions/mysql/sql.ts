/** Returns the text as a literal for the sql_mode of our sessions. Statements about accounts accept no parameters. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** An account. To the server, one user name on two hosts is two accounts. */
export interface AccountName {
  readonly user: string;
  /** Pattern for the client's address: "%", "10.1.%", "localhost". */
  readonly host: string;
}

export function accountText({ user, host }: AccountName): string {
  return `${literal(user)}@${literal(host)}`;
}

/** Parses the result of CURRENT_USER(). A user name may contain "@", a host cannot. */
export function parseAccount(text: string): AccountName {
  const at = text.lastIndexOf("@");
  return { user: text.slice(0, at), host: text.slice(at + 1) };
}

/** Returns the name quoted as the servers print it. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
