import { noTls } from "../../shared/engine/connection-errors.ts";
import type { During, Login } from "../../shared/engine/engine.ts";
import { type Reason, RotationError } from "../../shared/report/errors.ts";
import { id, isFromServer, sqlState } from "./sql.ts";
import { unknownAuthentication } from "./whole-messages.ts";

/** Stand for the role that the server refused, and the database that it wants to use. */
const ROLE = "<role>";
const DATABASE = "<database>";

type Known = [reason: Reason, cause: string, remedy: string];

const RETRIED = "Secrets Manager retries the rotation.";

const PASSWORD_REFUSED: Known = [
  "password-refused",
  "The server's password check refuses the new password.",
  "A module that wants to see the password needs PASSWORD_IN_SQL=plaintext. If it is too weak for the module, change " +
    "PASSWORD_LENGTH and the EXCLUDE_ variables.",
];

const READ_ONLY: Known = [
  "read-only",
  "The server is a read-only replica.",
  "Put the host of the primary into the secret. After a failover, wait until the host's name leads to the new primary.",
];

const POOLER: Known = [
  "unsupported",
  "Something between here and the server, such as a pooler or a proxy, refuses the options of a session.",
  "A proxy keeps passwords of its own: put the host of the server itself into a secret of its own for rotation.",
];

const LOCKED: Known = [
  "locked",
  "Another transaction changes the role at the same time, or holds a lock.",
  `Find it in pg_locks and pg_stat_activity and end it; ${RETRIED}`,
];

const ENDED: Known = [
  "unavailable",
  "The server ended the session.",
  `${RETRIED} If it does so each time, a timeout is too short: ALTER ROLE ${ROLE} RESET transaction_timeout`,
];

/** PostgreSQL manual, appendix A: the SQLSTATEs that a person can do something about. */
const ANYWHERE: Record<string, Known> = {
  "3D000": ["missing-database", "The database does not exist.", "Correct dbname in the secret."],
  "42501": [
    "missing-privilege",
    "The role may not do what rotation needs: connect to the database, or change its own password.",
    "With rds.restrict_password_commands on, only members of rds_password may change a password: use the master-user " +
      `strategy. If it may not connect, run as an administrator: GRANT CONNECT ON DATABASE ${DATABASE} TO ${ROLE}`,
  ],
  "53200": [
    "database",
    "The server has no room for more locks.",
    `Raise max_locks_per_transaction. ${RETRIED}`,
  ],
  "53300": [
    "connection-limit",
    "The server or the role has no connection left.",
    "Raise max_connections or the role's CONNECTION LIMIT, or make the application's pool smaller: rotation needs one.",
  ],
  "0LP01": [
    "privilege-mismatch",
    "A membership goes the other way round: the base user is a member of its clone already, by a grant or by others.",
    "Look at the memberships of both users (\\du in psql), and revoke the one that makes the base user a member of its clone.",
  ],
  "25006": READ_ONLY,
  "25P03": ENDED,
  "25P04": ENDED,
  "57014": ["locked", "The statement took longer than the function may wait.", LOCKED[2]],
  "57P01": ENDED,
  "57P03": ["unavailable", "The server is starting, stopping or recovering.", RETRIED],
  "57P05": ENDED,
};

const AT_LOGIN: Record<string, Known> = {
  "08P01": POOLER,
  "0A000": POOLER,
  "28000": [
    "login-not-allowed",
    "The server does not let this user in from here, whatever the password.",
    `If the role lacks LOGIN, run as an administrator: ALTER ROLE ${ROLE} LOGIN - if it is a member of rds_iam, it may not ` +
      `use a password: REVOKE rds_iam FROM ${ROLE} - otherwise pg_hba.conf lacks a line for it, this address and TLS.`,
  ],
  P0001: ["login-not-allowed", "A login event trigger refuses the user.", "Make it accept this user."],
};

const IN_SESSION: Record<string, Known> = {
  "0A000": READ_ONLY, // What BEGIN READ WRITE is answered with on a replica.
  "22000": PASSWORD_REFUSED,
  "22023": PASSWORD_REFUSED,
  "28000": PASSWORD_REFUSED, // The login has succeeded: the credcheck module refuses passwords with this code.
  P0001: PASSWORD_REFUSED,
  XX000: PASSWORD_REFUSED,
  "23505": LOCKED,
  "40P01": LOCKED,
  "42710": LOCKED,
  "55P03": LOCKED,
};

const KNOWN: Record<During, Record<string, Known>> = {
  login: { ...ANYWHERE, ...AT_LOGIN },
  session: { ...ANYWHERE, ...IN_SESSION },
  admin: {
    ...ANYWHERE,
    ...IN_SESSION,
    "42501": [
      "missing-privilege",
      "The master user may not make one of the changes.",
      "The server's log names the statement. With rds.restrict_password_commands on, only members of rds_password may " +
        "set a password: GRANT rds_password to the master user.",
    ],
  },
};

const UNKNOWN: Known = [
  "database",
  "The server refused.",
  "Its log has the message; appendix A of the PostgreSQL manual says what the code means.",
];

/** SQLSTATE invalid_password: a wrong password, an unknown user and a past VALID UNTIL look the same. */
export function isRejectedLogin(error: unknown): boolean {
  return sqlState(error) === "28P01";
}

/** Whether another transaction has changed the same row of a catalog first: what a second attempt may do, it would see. */
export function isConcurrentChange(error: unknown): boolean {
  // Which of the many XX000 it is, the name of the server's function says: its message is translated.
  return isFromServer(error) && "routine" in error && /^simple_heap_/.test(String(error.routine));
}

/**
 * @see Engine.explain. The driver's text is left out: a server quotes parts of a statement in its messages, and the
 * statement that changes a password holds it or its verifier.
 */
export function explain(error: unknown, during: During, login: Login): RotationError | undefined {
  const code = sqlState(error);
  if (code === undefined) {
    const text = during === "login" && error instanceof Error ? error.message : "";
    return text.startsWith("SASL")
      ? unknownAuthentication()
      : text.includes("SSL connection")
        ? noTls(login)
        : undefined;
  }
  const [reason, cause, remedy] = isConcurrentChange(error) ? LOCKED : (KNOWN[during][code] ?? UNKNOWN);
  const named = remedy
    .replaceAll(ROLE, () => id(login.username))
    .replace(DATABASE, () => id(login.database ?? ""));
  return new RotationError(reason, `${cause} (SQLSTATE ${code})`, named);
}
