/** Where a password may go. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Host names know no case. */
export function isSameServer(one: Address, other: Address): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;
}
