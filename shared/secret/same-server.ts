/** The address of a database server. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whether both are the same server. Host names are case-insensitive. */
export function isSameServer(one: Address, other: Address): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;
}

/** Whether both are the same user of the same server. */
export function sameAccount(
  one: Address & { readonly username: string },
  other: Address & { readonly username: string },
): boolean {
  return isSameServer(one, other) && one.username === other.username;
}
