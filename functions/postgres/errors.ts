import {
  connectionFailure,
  isFromReading,
  noTls,
  silentServer,
  strangeAnswer,
} from "../../shared/engine/connection-errors.ts";
import type { Login } from "../../shared/engine/engine.ts";
import { type Reason, RotationError } from "../../shared/report/errors.ts";
import { unknownAuthentication } from "./whole-messages.ts";

/** Stand for the role that the server refused, and the database that it wants to use. */
const ROLE = "<role>";
const DATABASE = "<database>";

type Explanation = [reason: Reason, whatHappened: string, remedy: string];

const PASSWORD_REFUSED: Explanation = [
  "password-refused",
  "The server's password check refuses the new password.",
  "A module that wants to see the password needs PASSWORD_IN_SQL=plaintext. If it is too weak for the module, change " +
    "PASSWORD_LENGTH and the EXCLUDE_ variables.",
];

const READ_ONLY: Explanation = [
  "read-only",
  "The server is a read-only replica.",
  "Put the host of the primary into the secret.",
];

/** PostgreSQL manual, appendix A: the SQLSTATEs that a person can do something about. */
const KNOWN: Record<string, Explanation> = {
  "28000": [
    "login-not-allowed",
    "The server does not let this user in from here, whatever the password.",
    `If the role lacks LOGIN, run as an administrator: ALTER ROLE ${ROLE} LOGIN - otherwise pg_hba.conf lacks a line for ` +
      "it, this address and TLS.",
  ],
  "3D000": [
    "missing-database",
    "The database in the secret does not exist.",
    "Correct dbname in the secret.",
  ],
  "53300": [
    "connection-limit",
    "The server or the role has no connection left.",
    "Raise max_connections or the role's CONNECTION LIMIT, or make the application's pool smaller: rotation needs one.",
  ],
  "57P03": [
    "unavailable",
    "The server is starting, stopping or recovering.",
    "Secrets Manager tries again by itself.",
  ],
  "57P01": ["unavailable", "The server ended the session.", "Secrets Manager tries again by itself."],
  "42501": [
    "missing-privilege",
    "The role may not do what rotation needs: connect to the database, or change its own password.",
    "With rds.restrict_password_commands on, only members of rds_password may change a password: use the master-user " +
      `strategy. If it may not connect, run as an administrator: GRANT CONNECT ON DATABASE ${DATABASE} TO ${ROLE}`,
  ],
  "22023": PASSWORD_REFUSED,
  "25006": READ_ONLY,
  "55P03": [
    "locked",
    "Another transaction holds the role's row or the lock of a rotation.",
    "Find it in pg_locks and pg_stat_activity and end it; Secrets Manager tries again by itself.",
  ],
  "57014": [
    "locked",
    "The statement took longer than the function may wait.",
    "Find what blocks it in pg_locks and pg_stat_activity; Secrets Manager tries again by itself.",
  ],
};

const IN_SESSION: Record<string, Explanation> = {
  ...KNOWN,
  "0A000": READ_ONLY, // What BEGIN READ WRITE is answered with on a replica.
  "28000": PASSWORD_REFUSED, // Who is in was let in: this is what the credcheck module refuses a password with.
};

const AS_MASTER: Record<string, Explanation> = {
  ...IN_SESSION,
  "42501": [
    "missing-privilege",
    "The master user may not make one of the changes.",
    "The server's log names the statement. With rds.restrict_password_commands on, only members of rds_password may " +
      "set a password: GRANT rds_password to the master user.",
  ],
};

const UNKNOWN: Explanation = [
  "database",
  "The server refused.",
  "Its log has the message; appendix A of the PostgreSQL manual says what the code means.",
];

/** SQLSTATE invalid_password: a wrong password, an unknown user and a past VALID UNTIL look the same. */
const INVALID_PASSWORD = "28P01";

export function isRejectedLogin(error: unknown): boolean {
  return codeOf(error) === INVALID_PASSWORD;
}

/**
 * What the driver threw at a login, as an error of ours. The driver's text is left out, here and below: a server
 * quotes parts of a statement in its messages, and the statement that changes a password holds it or its verifier.
 */
export function explainLogin(error: unknown, login: Login, connectTimeout: number): RotationError {
  const text = error instanceof Error ? error.message : "";
  if (text === "timeout expired") {
    return silentServer(login, connectTimeout);
  }
  if (text.startsWith("SASL")) {
    return unknownAuthentication();
  }
  return text.includes("SSL connection") ? noTls(login) : explained(error, login, KNOWN);
}

/** What the driver threw in an open session. */
export function explainChange(error: unknown, login: Login): RotationError {
  return explained(error, login, IN_SESSION);
}

/** What the driver threw when the alternate user was prepared. */
export function explainPreparation(error: unknown, login: Login): RotationError {
  return explained(error, login, AS_MASTER);
}

function explained(error: unknown, login: Login, known: Record<string, Explanation>): RotationError {
  if (error instanceof RotationError) {
    return error;
  }
  if (isFromReading(error)) {
    return strangeAnswer(login, error);
  }
  if (error instanceof ReferenceError) {
    throw error; // A mistake in this code is no lost connection.
  }
  const code = codeOf(error);
  if (code === undefined || !isFromServer(error)) {
    return connectionFailure(login, code);
  }
  const [reason, whatHappened, remedy] = known[code] ?? UNKNOWN;
  return new RotationError(reason, `${whatHappened} (SQLSTATE ${code})`, named(remedy, login));
}

function named(remedy: string, { username, database = "" }: Login): string {
  return remedy.replace(ROLE, () => quoted(username)).replace(DATABASE, () => quoted(database));
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The driver's DatabaseError: unlike a socket's error it has the severity that the server gave it. */
function isFromServer(error: unknown): boolean {
  return error instanceof Error && "severity" in error;
}
