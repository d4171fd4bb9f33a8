import { RotationError } from "../report/errors.ts";
import type { Login } from "./engine.ts";

/** Endpoints of RDS Proxy. It knows passwords from the secret itself, those of AWSPENDING not at all. */
const RDS_PROXY = /\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(\.cn)?\.?$/i;

/** Before any password is sent. */
export function assertNoRdsProxy({ host }: Login): void {
  if (RDS_PROXY.test(host)) {
    throw between("The host in the secret is an RDS Proxy.");
  }
}

/**
 * A pooler has passwords of its own: a rotation through it changes the server's, which it does not learn of, and then
 * nobody gets in. It is known by its own number for the session in the greeting, where the server says another one.
 */
export function assertNoPooler(greetedAs: number | undefined, sessionSays: number | undefined): void {
  if (greetedAs !== sessionSays) {
    throw between("Something between here and the server, such as a pooler, answers for it.");
  }
}

function between(whatHappened: string): RotationError {
  return new RotationError(
    "unsupported",
    whatHappened,
    "A proxy keeps passwords of its own and hands statements to sessions of others: put the host of the server itself " +
      "(of the cluster's writer) into a secret of its own for rotation.",
  );
}
