import {
  connectionFailure,
  isFromReading,
  noTls,
  silentServer,
  strangeAnswer,
} from "../../shared/connection-errors.ts";
import type { Login } from "../../shared/engine.ts";
import { type Reason, RotationError } from "../../shared/errors.ts";
import { accountText } from "./sql.ts";

/**
 * The server refused a statement, as far as it may be repeated: the driver's error holds the whole statement, and
 * the server's message quotes parts of it.
 */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";
  /** The number in MySQL's Server Error Message Reference; MariaDB's are the same below 1900. */
  readonly number: number;
  /** The privileges that error 1227 says one of is needed. */
  readonly privileges: string | undefined;
  /** Whom the server refused it to. */
  readonly username: string;

  constructor(number: number, message: string, username: string) {
    super(`error ${number}`);
    this.number = number;
    this.username = username;
    this.privileges = number === 1227 ? /the ([A-Z_, ]+) privilege/.exec(message)?.[1] : undefined;
  }
}

/** Stands for the user that the server refused. On which host its account is, it does not say. */
const ACCOUNT = "<account>";
const ITS_HOST = "with the host of the account, if that is another one.";

type Explanation = [reason: Reason, whatHappened: string, remedy: string];

const CHANGE_RULES =
  "Change PASSWORD_LENGTH and the EXCLUDE_ variables of the function to fit, remove AWSPENDING from this version (npm run " +
  "rescue -- unstick) and rotate again: the value of a version cannot be replaced.";

const NO_CONNECTION_LEFT: Explanation = [
  "connection-limit",
  "The server or the user has no connection left.",
  "Raise max_connections, max_user_connections or the account's own limits, or make the application's pool smaller: " +
    "rotation needs one.",
];

const LOCKED_OUT: Explanation = [
  "account-locked",
  "The account is locked.",
  `Find out why, then run as an administrator: ALTER USER ${ACCOUNT} ACCOUNT UNLOCK - ${ITS_HOST}`,
];

const EXPIRED: Explanation = [
  "password-expired",
  "The account's password has expired.",
  "Rotate more often than it expires. For now set it anew; if a limit of its age is the reason, run as an administrator: " +
    `ALTER USER ${ACCOUNT} PASSWORD EXPIRE NEVER - ${ITS_HOST}`,
];

const BLOCKED: Explanation = [
  "locked",
  "Another session holds the lock on the accounts.",
  "Find it in performance_schema.metadata_locks (FLUSH TABLES WITH READ LOCK, a backup, another change of accounts) " +
    "and end it; Secrets Manager tries again by itself.",
];

const NOT_ALLOWED: Explanation = [
  "missing-privilege",
  "The user may not do what rotation needs.",
  "The server's log and SHOW GRANTS tell what it has; the README tells what it must be granted.",
];

const USED_PASSWORD: Explanation = [
  "password-refused",
  "The account's PASSWORD HISTORY or PASSWORD REUSE INTERVAL refuses the new password.",
  "It was the account's password before: remove AWSPENDING from this version (npm run rescue -- unstick) and rotate again.",
];

const READ_ONLY: Explanation = [
  "read-only",
  "The server is read-only, or an option forbids the statement.",
  "Put the host of the primary, or of the cluster's writer, into the secret.",
];

const ENDING: Explanation = [
  "unavailable",
  "The server is stopping.",
  "Secrets Manager tries again by itself.",
];

/** MySQL Server Error Message Reference: the errors that a person can do something about. */
const KNOWN: Record<number, Explanation> = {
  1040: NO_CONNECTION_LEFT,
  1203: NO_CONNECTION_LEFT,
  1226: NO_CONNECTION_LEFT,
  3118: LOCKED_OUT,
  3955: [
    "account-locked",
    "The account is locked after too many failed logins.",
    "Find out who tries a wrong password. It unlocks after its PASSWORD_LOCK_TIME; at once if you run as an " +
      `administrator: ALTER USER ${ACCOUNT} ACCOUNT UNLOCK - ${ITS_HOST}`,
  ],
  // MariaDB's; in MySQL these numbers belong to the bulk loader.
  4150: [
    "account-locked",
    "The account is blocked after too many wrong passwords (max_password_errors).",
    "Find out who tries a wrong password, then run as an administrator: FLUSH PRIVILEGES",
  ],
  4151: LOCKED_OUT,
  1820: EXPIRED,
  1862: EXPIRED,
  1049: ["missing-database", "The database in the secret does not exist.", "Correct dbname in the secret."],
  1044: [
    "missing-privilege",
    "The user has no privilege in the database that it wants to use.",
    "Correct dbname in the secret, or grant the user a privilege in that database.",
  ],
  1129: [
    "login-not-allowed",
    "The server has blocked this address after too many interrupted connections.",
    "Run as an administrator: TRUNCATE TABLE performance_schema.host_cache",
  ],
  1130: [
    "login-not-allowed",
    "The server lets no user in from this address.",
    "Give the account a host that the function's addresses match, as in 'app'@'10.0.%'.",
  ],
  1819: ["password-refused", "The server's password policy refuses the new password.", CHANGE_RULES],
  3638: USED_PASSWORD,
  3892: [
    "password-refused",
    "The account must give its current password, and the one that logs in is not its primary one.",
    "A rotation was given up after its setSecret: run as an administrator: " +
      `ALTER USER ${ACCOUNT} PASSWORD REQUIRE CURRENT OPTIONAL - ${ITS_HOST} Then rotate again.`,
  ],
  1396: [
    "password-refused",
    "The server refuses the new password, and does not say why: its policy, or that the account had it before.",
    CHANGE_RULES,
  ],
  1205: BLOCKED,
  1213: BLOCKED,
  3058: BLOCKED,
  1969: BLOCKED,
  1290: READ_ONLY,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1142: NOT_ALLOWED,
  1143: NOT_ALLOWED,
  1227: NOT_ALLOWED,
  1370: NOT_ALLOWED,
  1698: NOT_ALLOWED,
  1053: ENDING,
  1927: ENDING,
  3159: ["tls", "The server takes no connection without TLS.", 'Remove "ssl": false from the secret.'],
};

const UNKNOWN: Explanation = [
  "database",
  "The server refused.",
  "The Server Error Message Reference of the MySQL manual says what the number means.",
];

/** ER_ACCESS_DENIED_ERROR: a wrong password, an unknown user and an unmet REQUIRE look the same. */
const REJECTED = 1045;

/** Only to be asked about the handshake: statements fail with the same number for lack of a privilege. */
export function isRejectedLogin(error: unknown): boolean {
  return error instanceof ServerRefusal && error.number === REJECTED;
}

/** What the server said no to, for statements that it may well refuse; undefined if it did not. */
export async function refusalOf(work: Promise<unknown>): Promise<ServerRefusal | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof ServerRefusal) {
      return error;
    }
    throw error;
  }
}

/**
 * What a verb ended with, as an error that may be shown.
 *
 * @param login of the session in which an answer was read, if it was.
 */
export function explained(error: unknown, login?: Login): unknown {
  if (!(error instanceof ServerRefusal)) {
    return login && isFromReading(error) ? strangeAnswer(login, error) : error;
  }
  const [reason, whatHappened, remedy] = KNOWN[error.number] ?? UNKNOWN;
  const privileges = error.privileges === undefined ? "" : ` It lacks one of: ${error.privileges}.`;
  return new RotationError(
    reason,
    `${whatHappened}${privileges} (error ${error.number})`,
    remedy.replace(ACCOUNT, () => accountText({ user: error.username, host: "%" })),
  );
}

/** The driver's own codes: what it calls an authentication that would send the password for all to read. */
const CLEAR_TEXT = "MYSQL_CLEAR_PASSWORD_NOT_ENABLED";

/** LOAD DATA LOCAL, which no statement of ours is: the driver has sent nothing. */
const ASKS_FOR_FILE = /LOCAL INFILE/;

/**
 * What the driver threw, as an error of ours.
 *
 * @param tlsCode what was wrong with the server's certificate: the driver puts its own code over it.
 */
export function translated(
  error: unknown,
  login: Login,
  timeout: number,
  tlsCode: string | undefined,
): Error {
  const { code, number, message } = anatomy(error);
  if (number !== undefined) {
    return new ServerRefusal(number, message, login.username);
  }
  switch (code) {
    case "ETIMEDOUT":
    case "PROTOCOL_SEQUENCE_TIMEOUT":
      return silentServer(login, timeout);
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return noTls(login);
    case "HANDSHAKE_SSL_ERROR":
      return connectionFailure(login, tlsCode ?? "ERR_TLS_HANDSHAKE");
    case CLEAR_TEXT:
    case "AUTH_SWITCH_PLUGIN_ERROR":
      return new RotationError(
        "unsupported",
        `The server wants an authentication for the user that this function does not do (${code}).`,
        "Accounts with a password that the server itself keeps can be rotated: caching_sha2_password, sha256_password, " +
          "mysql_native_password.",
      );
    default:
      return ASKS_FOR_FILE.test(message) ? strangeAnswer(login, error) : connectionFailure(login, code);
  }
}

function anatomy(error: unknown): { code?: string; number?: number; message: string } {
  if (!(error instanceof Error)) {
    return { message: "" };
  }
  const { message } = error;
  // The driver's errors from the server have the number and an SQLSTATE; those of a socket have a negative errno.
  if ("errno" in error && typeof error.errno === "number" && error.errno > 0) {
    return { number: error.errno, message };
  }
  return "code" in error && typeof error.code === "string" ? { code: error.code, message } : { message };
}
