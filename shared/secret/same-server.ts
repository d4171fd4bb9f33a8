import { isDeepStrictEqual } from "node:util";
import type { Login } from "../engine/engine.ts";

/** The address of a database server. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whether both are the same server. Host names are case-insensitive. */
export function isSameServer(one: Address, other: Address): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port;
}

/**
 * Returns the login at the server of AWSCURRENT with the user and password of another version. TLS is that of the other
 * version, if that version has TLS. Otherwise a secret writer, who cannot read the password, could turn TLS off in AWSCURRENT or
 * name another certificate, and learn the password on the network.
 *
 * @param version of the same server: see isSameServer.
 */
export function loginOfVersion({ username, password, tls }: Login, current: Login): Login {
  return { ...current, username, password, tls: tls || current.tls };
}

/** Whether a statement in a session of AWSCURRENT's user may contain the other version's password: TLS as in loginOfVersion. */
export function mayCarryPassword(current: Login, version: Login): boolean {
  return isDeepStrictEqual(loginOfVersion(version, current).tls, current.tls);
}

/** Whether both are the same user of the same server. */
export function sameAccount(
  one: Address & { readonly username: string },
  other: Address & { readonly username: string },
): boolean {
  return isSameServer(one, other) && one.username === other.username;
}
