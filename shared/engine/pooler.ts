import { RotationError } from "../report/errors.ts";
import type { Login } from "./engine.ts";

/** Endpoints of RDS Proxy, which reads the password of AWSCURRENT from the secret, and never that of AWSPENDING. */
const RDS_PROXY = /\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(\.cn)?\.?$/i;

/** Called before any password is sent. */
export function assertNoRdsProxy({ host }: Login): void {
  if (RDS_PROXY.test(host)) {
    throw unsupportedProxy("The host in the secret is an RDS Proxy.");
  }
}

/**
 * Refuses a pooler. A pooler keeps passwords of its own: a rotation through it changes the server's password, the pooler
 * keeps the old one, and the application is locked out. A pooler's greeting has another session number than the server's
 * answer to a query.
 */
export function assertNoPooler(greetingId: number | undefined, sessionId: number | undefined): void {
  if (greetingId !== sessionId) {
    throw unsupportedProxy("Something between here and the server, such as a pooler, answers for it.");
  }
}

function unsupportedProxy(cause: string): RotationError {
  return new RotationError(
    "unsupported",
    cause,
    "A proxy keeps passwords of its own and hands statements to sessions of others: put the host of the server itself " +
      "(of the cluster's writer) into a secret of its own for rotation.",
  );
}
