import { noTls } from "../../shared/engine/connection-errors.ts";
import type { During, Login } from "../../shared/engine/engine.ts";
import { type Explanation, type Reason, RotationError } from "../../shared/report/errors.ts";
import { id, isFromServer, literal, sqlState } from "./sql.ts";
import { unknownAuthentication } from "./whole-messages.ts";

/**
 * Meanings of SQLSTATEs (PostgreSQL manual, appendix A). A key lists codes or beginnings of codes; the longest one that
 * matches counts. The text is the reason, the cause (one sentence) and the remedy.
 */
type Table = Readonly<Record<string, string>>;

/** Placeholders for the role that the server refused, and for the database that the role wants to use. */
const ROLE = "<role>";
const DATABASE = "<database>";
/** The role as a text. */
const NAME = "<name>";

const RETRIED = "Secrets Manager retries the rotation.";
const READ_ONLY =
  `read-only: The server is read-only. After a failover, wait until the host's name leads to the new primary: ${RETRIED} ` +
  "If it stays so, put the host of the primary into the secret.";
const PASSWORD_REFUSED =
  "password-refused: The server's password check refuses the new password. It is a module such as passwordcheck or " +
  "credcheck, or a hook of pg_tle. If that wants to see the password, set PASSWORD_IN_SQL=plaintext; if the password is " +
  "too weak for it, change PASSWORD_LENGTH and the EXCLUDE_ variables.";

function endedBy(setting: string): string {
  return (
    `unavailable: The server ended the session by ${setting}. ${RETRIED} If it does so each time, the timeout is too ` +
    `short. Correct it in the login event trigger that sets it, if there is one, or: ALTER ROLE ${ROLE} RESET ${setting}`
  );
}

const ANYWHERE: Table = {
  "08 57": `unavailable: The server is starting, stopping or recovering. ${RETRIED}`,
  "0P 42939": "unsupported: The server keeps this name for itself. Let the application have another user.",
  "25006": READ_ONLY,
  "25P03": endedBy("idle_in_transaction_session_timeout"),
  "25P04": endedBy("transaction_timeout"),
  "57P05": endedBy("idle_session_timeout"),
  "3D 57P04": "missing-database: The database does not exist. Correct dbname in the secret.",
  "42704":
    "database: A role, or something else that a statement names, does not exist any more. If a user of the secret was " +
    "dropped, create it again, as the command explain of npm run rescue says; otherwise rotate again.",
  "53 54": `unavailable: The server has reached a limit, such as disk or memory. Raise it. ${RETRIED}`,
  "53200": `database: The server has no room for more locks. Raise max_locks_per_transaction. ${RETRIED}`,
  "53300":
    "connection-limit: The server or the role has no connection left. Raise max_connections or the role's CONNECTION " +
    "LIMIT, or make the application's pool smaller: rotation needs one.",
  "57014":
    `unavailable: The server canceled a statement, which took longer than the step has time for. ${RETRIED} If it is ` +
    "canceled each time: is the server overloaded, is a user in very many roles, or does a login event trigger set a short " +
    "statement_timeout?",
  "58 F0 XX001 XX002":
    "unavailable: The server cannot read a file: its own, or a library that it is to load. Its log names the file. Put " +
    "it there, or correct session_preload_libraries and local_preload_libraries.",
};

const AT_LOGIN: Table = {
  "":
    "login-not-allowed: A login event trigger, or a module of the server, refuses the login. Make it accept this user. It " +
    "is one of these: SELECT evtname FROM pg_event_trigger WHERE evtevent = 'login' - or of session_preload_libraries. " +
    "Where no login works, connect as a superuser with PGOPTIONS='-c event_triggers=off'",
  "08000":
    "login-not-allowed: A clientauth function of pg_tle refuses the login. Make it accept this user, or add the user to " +
    "the parameter pgtle.clientauth_users_to_skip.",
  "08P01 0A":
    "unsupported: Something between here and the server, such as a pooler or a proxy, refuses the options of a session. A " +
    "proxy keeps passwords of its own: put the host of the server itself into a secret of its own for rotation.",
  XX000:
    "login-not-allowed: A module of the server refuses the login. If it is credcheck, which bans users after failed logins " +
    "(max_auth_failure), find out which client sends a wrong password, then run as an administrator: SELECT " +
    `pg_banned_role_reset(${NAME}) - otherwise the server's log says which module or login event trigger it is.`,
  "28":
    "login-not-allowed: The server does not let this user in from here, whatever the password. If the role lacks LOGIN, " +
    `run as an administrator: ALTER ROLE ${ROLE} LOGIN - if it is a member of rds_iam, also by another role, it may not use a ` +
    `password: REVOKE rds_iam FROM ${ROLE} - otherwise pg_hba.conf lacks a line for it, this address and TLS.`,
  "42501":
    "missing-privilege: The role may not connect to the database. Run as an administrator: " +
    `GRANT CONNECT ON DATABASE ${DATABASE} TO ${ROLE}`,
  "55000":
    "login-not-allowed: The database accepts no connections. Run as an administrator: " +
    `ALTER DATABASE ${DATABASE} ALLOW_CONNECTIONS true`,
};

const IN_SESSION: Table = {
  "0A": READ_ONLY, // A replica's answer to BEGIN READ WRITE.
  "22 28 2F 38 39 P0 XX": PASSWORD_REFUSED,
  "23505 40 42710 55006 55P":
    "locked: Another transaction changes the role at the same time, or holds a lock. Find it in pg_locks and " +
    `pg_stat_activity and end it; ${RETRIED}`,
};

const OF_ONESELF: Table = {
  "": PASSWORD_REFUSED, // The only statement of such a session sets the password.
  "42501":
    "missing-privilege: The role may not change its own password. With rds.restrict_password_commands on, only members of " +
    "rds_password may: use the master-user strategy.",
};

const BY_ADMIN: Table = {
  "":
    "database: The server refused a statement of the master user. Its log names the statement; appendix A of the " +
    "PostgreSQL manual says what the code means.",
  "0L 2B 42501":
    "missing-privilege: The master user may not make one of the changes. The server's log names the statement: run it as " +
    "an administrator. With rds.restrict_password_commands on, only members of rds_password may set a password: GRANT " +
    "rds_password to the master user.",
  "0LP01":
    "privilege-mismatch: A membership goes the other way round: the base user is a member of its clone already, by a grant " +
    "or by others. Look at the memberships of both users (\\du in psql), and revoke the one that makes the base user a " +
    "member of its clone.",
};

const TABLES: Record<During, readonly Table[]> = {
  login: [AT_LOGIN, ANYWHERE],
  session: [OF_ONESELF, IN_SESSION, ANYWHERE],
  admin: [BY_ADMIN, IN_SESSION, ANYWHERE],
};

/** SQLSTATE invalid_password: a wrong password, an unknown user and a past VALID UNTIL look the same. */
export function isRejectedLogin(error: unknown): boolean {
  return sqlState(error) === "28P01";
}

/** The server reports many errors under one code, and translates messages. The name of its function tells them apart. */
const BY_ROUTINE: readonly (readonly [routine: RegExp, as: string])[] = [
  [/^simple_heap_/, "40"], // Another transaction changed the same row of a catalog first.
  [/^passcheck_/, "P0"], // A password check of pg_tle, also if it is required and missing (0A000).
];

function codeOf(error: unknown): string | undefined {
  const routine = isFromServer(error) && "routine" in error ? String(error.routine) : "";
  return BY_ROUTINE.find(([name]) => name.test(routine))?.[1] ?? sqlState(error);
}

/** Returns undefined if the error did not come from the server. */
export function meaningOf(error: unknown, during: During): Explanation | undefined {
  const code = codeOf(error);
  const meanings = TABLES[during].flatMap((table) =>
    Object.entries(table).flatMap(([codes, text]) => codes.split(" ").map((start) => ({ start, text }))),
  );
  const [meant] = meanings
    .filter(({ start }) => code?.startsWith(start))
    .sort((one, other) => other.start.length - one.start.length);
  const [, reason, cause = "", remedy = ""] = /^(\S+): (.+?\.) (.+)$/.exec(meant?.text ?? "") ?? [];
  return reason === undefined ? undefined : { reason: reason as Reason, cause, remedy };
}

/**
 * @see Engine.explain. The server's message is left out: it quotes parts of the statement, and the statement that changes a
 * password holds the password or its verifier.
 */
export function explain(error: unknown, during: During, login: Login): RotationError | undefined {
  const meaning = meaningOf(error, during);
  if (meaning) {
    const remedy = meaning.remedy
      .replaceAll(ROLE, () => id(login.username))
      .replace(NAME, () => literal(login.username))
      .replace(DATABASE, () => id(login.database ?? ""));
    return new RotationError(meaning.reason, `${meaning.cause} (SQLSTATE ${sqlState(error)})`, remedy);
  }
  const text = during === "login" && error instanceof Error ? error.message : "";
  const isTls = text.includes("SSL connection");
  return text.startsWith("SASL") ? unknownAuthentication() : isTls ? noTls(login) : undefined;
}
