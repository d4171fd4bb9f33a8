import type { Reason } from "../../shared/report/errors.ts";

/** Stands for the user that the server refused. On which host its account is, it does not say. */
export const ACCOUNT = "<account>";
const ITS_HOST = "with the host of the account, if that is another one.";

export type Explanation = [reason: Reason, whatHappened: string, remedy: string];

const CHANGE_RULES = "Change PASSWORD_LENGTH and the EXCLUDE_ variables of the function to fit.";

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
  "It was the account's password before: it takes another one.",
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
export const KNOWN: Readonly<Record<number, Explanation>> = {
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

export const UNKNOWN: Explanation = [
  "database",
  "The server refused.",
  "The Server Error Message Reference of the MySQL manual says what the number means.",
];
