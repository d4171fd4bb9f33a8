import {
  connectionFailure,
  noTls,
  protocolViolation,
  unansweredStatement,
} from "../../shared/engine/connection-errors.ts";
import type { During, Login } from "../../shared/engine/engine.ts";
import { type Reason, RotationError } from "../../shared/report/errors.ts";
import { accountText } from "./sql.ts";

/**
 * The server refused a statement, as far as it may be repeated: the driver's error holds the whole statement, and
 * the server's message quotes parts of it.
 */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";
  /** The number in MySQL's Server Error Message Reference; MariaDB's are the same below 1900. */
  readonly number: number;
  /** The privileges of which error 1227 wants one; the option that error 1290 names. */
  readonly detail: string | undefined;

  constructor(number: number, message: string) {
    super(`error ${number}`);
    this.number = number;
    this.detail = DETAILS[number]?.exec(message)?.[1];
  }
}

const DETAILS: Readonly<Record<number, RegExp>> = {
  1227: /the ([A-Z_]+(?:(?:, | or | )[A-Z_]+)*) privilege/,
  1290: /the --([a-z-]{1,40})/,
};

/** The server's own errors have the number and an SQLSTATE; those of a socket have a negative errno. */
export function refusalIn(error: unknown): ServerRefusal | undefined {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" && error.errno > 0
    ? new ServerRefusal(error.errno, error.message)
    : undefined;
}

/** ER_ACCESS_DENIED_ERROR: a wrong password, an unknown user and an unmet REQUIRE look the same. */
export const REJECTED = 1045;

/** ER_USER_DOES_NOT_EXIST; MariaDB has ER_CANNOT_USER for it, too. */
export const MISSING = [3162, 1396];

/** Stands for the user that the server refused. On which host its account is, it does not say. */
const ACCOUNT = "<account>";
const OF_ACCOUNT = "with the host of the account, if that is another one.";
const RETRIED = "Secrets Manager retries the rotation.";
/** Against a server that is read-only. */
export const PRIMARY =
  `After a failover, wait until the host's name leads to the new primary: ${RETRIED} If it stays so, put the host of the ` +
  "primary, or of the cluster's writer, into the secret.";
const FIT_THE_POLICY = "Change PASSWORD_LENGTH and the EXCLUDE_ variables of the function to fit.";

/**
 * Numbers of MySQL's Server Error Message Reference and MariaDB's Error Codes: what happened, and what to do about it.
 * MariaDB's 4150 and 4151 belong to the bulk loader in MySQL.
 */
const KNOWN: Partial<Record<Reason, string>> = {
  "connection-limit": `
    1040,1135,1203,1226: The server or the user has no connection left. Raise max_connections, max_user_connections
      or the account's own limits, or make the application's pool smaller: rotation needs one.`,
  "account-locked": `
    3118,4151: The account is locked. Find out why, then run as an administrator: ALTER USER ${ACCOUNT} ACCOUNT
      UNLOCK - ${OF_ACCOUNT}
    3955: The account is locked after too many failed logins. Find out which client sends a wrong password. It unlocks
      after its PASSWORD_LOCK_TIME; at once if you run as an administrator: ALTER USER ${ACCOUNT} ACCOUNT UNLOCK -
      ${OF_ACCOUNT}
    4150: The account is blocked after too many wrong passwords (max_password_errors). Find out which client sends a
      wrong password, then run as an administrator: FLUSH PRIVILEGES`,
  "password-expired": `
    1820,1862: The account's password has expired. Rotate more often than it expires. For now set it anew; if a limit
      of its age is the reason, run as an administrator: ALTER USER ${ACCOUNT} PASSWORD EXPIRE NEVER - ${OF_ACCOUNT}`,
  "missing-database": `
    1049: The database in the secret does not exist. Correct dbname in the secret.`,
  "missing-privilege": `
    1044: The user has no privilege in the database that it wants to use. Correct dbname in the secret, or grant the
      user a privilege in that database.
    1132,1142,1143,1227,1370: The user may not do what rotation needs. Compare SHOW GRANTS with the privileges that the
      documentation asks for.
    1698: The server refused the user without asking for a password, or a grant of PROXY or of a role. Accounts with a
      plugin such as auth_socket cannot be rotated; to grant PROXY takes PROXY ON ''@'' WITH GRANT OPTION.`,
  "login-not-allowed": `
    1129: The server has blocked this address after too many interrupted connections. Run as an administrator: TRUNCATE
      TABLE performance_schema.host_cache
    1130: The server accepts no user from this address. Give the account a host that the function's addresses match, as
      in 'app'@'10.0.%'.`,
  "password-refused": `
    1819: The server's password policy refuses the new password. ${FIT_THE_POLICY}
    3638: The account's PASSWORD HISTORY or PASSWORD REUSE INTERVAL refuses the new password. It was the account's
      password before: rotate to another one.
    1396: The server refuses the new password without a reason. Possible causes: its policy, or that the account had it
      before. ${FIT_THE_POLICY}
    1372,1827: The server does not take the hash of a password. Set PASSWORD_IN_SQL=plaintext on the function.
    3878,3895: The current password is empty, and cannot be kept beside a new one. Set one by hand, and store it.
    3891,3892: The server wants the current password with the change (PASSWORD REQUIRE CURRENT). Run as an
      administrator: ALTER USER ${ACCOUNT} PASSWORD REQUIRE CURRENT OPTIONAL - ${OF_ACCOUNT}`,
  locked: `
    1205,1213,3058,1969,3024: Another session holds a lock on the accounts, or another node of a cluster has changed them.
      Find it in performance_schema.metadata_locks (FLUSH TABLES WITH READ LOCK, a backup, another change of accounts) and
      end it. ${RETRIED}
    3100,3101: Group Replication has rolled the change back, as it conflicts with one of another member. ${RETRIED}`,
  "read-only": `
    1290,1836,1874: The server is read-only. ${PRIMARY}
    1792: The session may not write: transaction_read_only is on. Turn it off at the server, in init_connect too.`,
  unavailable: `
    1053,1927,3169: The server is stopping, or ended the session. ${RETRIED}
    1047: The node of the cluster is not ready. Wait until it is in sync, or put the host of another node into the
      secret. ${RETRIED}
    1105: The server refused the statement without an error number of its own, as Percona XtraDB Cluster does by
      pxc_strict_mode. If nodes of several major versions are in the cluster, finish the upgrade and rotate again; otherwise
      the server's error log says what it refuses.
    3032: The server is in offline mode. Run as an administrator: SET GLOBAL offline_mode = OFF
    1184: The server ended the connection, as it does if a statement in init_connect fails. Correct init_connect at the
      server: SELECT @@GLOBAL.init_connect
    3889: The server may not answer a query itself: use_secondary_engine is FORCED. Turn it off at the server, in
      init_connect too.
    4031: The server ended the session: it was idle for longer than wait_timeout. ${RETRIED}
    4081,4082: The session takes more memory than connection_memory_limit or global_connection_memory_limit allows.
      Raise it at the server.
    1114: The server has no room for what a query needs. Raise tmp_disk_table_size, or make room on the disk.
    1153: The server takes no packet as long as a statement of a rotation. Raise max_allowed_packet.
    3164: A plugin of the server, for audits or as a firewall, refused the statement. Allow what the documentation of
      this function lists.`,
  unsupported: `
    1193: The server lacks a variable that this function sets. Supported are MySQL from 8.0.21 on and MariaDB from 10.6
      on, each by its own function.
    1235: The server does not support the statement. If that is a proxy, or another product that speaks MySQL's protocol,
      put the host of the database itself into a secret of its own for rotation.
    1524: The server has not loaded the authentication plugin that the account's password is stored for. Load it (MySQL
      8.4 needs mysql_native_password=ON), or give the account another one: ALTER USER … IDENTIFIED WITH …`,
  "login-rejected": `
    3162: The account does not exist any more: it was dropped after the login. Create it again with the password under
      AWSCURRENT, or delete the secret.`,
  "user-not-owned": `
    1133: An account vanished while it was changed. Find out which session drops accounts of the pair. ${RETRIED}
    4006: The user that would be created is already the DEFINER of views, routines, triggers or events, which would run
      with its rights. Find them in information_schema by their DEFINER; drop them, or give them another one.`,
  tls: `
    3159: The server accepts no connection without TLS. Remove "ssl": false from the secret.`,
};

const TEXTS = new Map(
  Object.entries(KNOWN).flatMap(([reason, texts]) =>
    texts.split(/\n +(?=\d{4})/).flatMap((entry) => {
      const [numbers = "", text = ""] = entry.replace(/\s+/g, " ").split(/(?<=\d): /);
      return numbers.split(",").map((number) => [Number(number), [reason as Reason, text]] as const);
    }),
  ),
);

const UNKNOWN =
  "The server refused. Look the number up in the Server Error Message Reference of the MySQL manual.";

export function explained({ number, detail }: ServerRefusal, username: string): RotationError {
  if (number === 1290 && detail !== undefined && !detail.includes("read-only")) {
    const what = `The option --${detail} of the server forbids the statement (error ${number}).`;
    return new RotationError("unavailable", what, "Run the server without that option, or raise its value.");
  }
  const [reason, text] = TEXTS.get(number) ?? ["database", UNKNOWN];
  const privileges = number === 1227 && detail !== undefined ? ` It lacks one of: ${detail}.` : "";
  const [cause = "", ...remedy] = text.split(/(?<=\.) /);
  return new RotationError(
    reason,
    `${cause}${privileges} (error ${number})`,
    remedy.join(" ").replace(ACCOUNT, () => accountText({ user: username, host: "%" })),
  );
}

/** LOAD DATA LOCAL, which no statement of ours is: the driver has sent nothing. */
const FILE_REQUEST = /LOCAL INFILE/;

/** @see Engine.explain */
export function explain(error: unknown, _during: During, login: Login): RotationError | undefined {
  const refusal = error instanceof ServerRefusal ? error : refusalIn(error);
  if (refusal) {
    return explained(refusal, login.username);
  }
  if (!(error instanceof Error)) {
    return undefined;
  }
  switch ("code" in error ? error.code : undefined) {
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return noTls(login);
    case "HANDSHAKE_SSL_ERROR":
      return connectionFailure(login, "ERR_TLS_HANDSHAKE");
    case "PROTOCOL_SEQUENCE_TIMEOUT":
      return unansweredStatement(login);
    case "MYSQL_CLEAR_PASSWORD_NOT_ENABLED":
    case "AUTH_SWITCH_PLUGIN_ERROR":
      return new RotationError(
        "unsupported",
        "The server wants an authentication for the user that this function does not do.",
        "If it is the IAM authentication of RDS (AWSAuthenticationPlugin), the user has no password to rotate. Otherwise give " +
          "the account a password that the server itself keeps: on MySQL caching_sha2_password, sha256_password or " +
          "mysql_native_password, on MariaDB mysql_native_password.",
      );
    default:
      return FILE_REQUEST.test(error.message) ? protocolViolation(login, error) : undefined;
  }
}
