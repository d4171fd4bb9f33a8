/** Where a password may go. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Host names know no case. */
export function isSameServer(one: Address, other: Address): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;
}

/** The same user of the same server. */
export function sameAccount(
  one: Address & { readonly username: string },
  other: Address & { readonly username: string },
): boolean {
  return isSameServer(one, other) && one.username === other.username;
}
