import type { Invocation, Login, Session } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { redact } from "../../shared/report/redact.ts";
import type { Dialect } from "./dialect.ts";
import { PRIMARY, type ServerRefusal } from "./errors.ts";
import { type AccountName, parseAccount } from "./sql.ts";

/** The columns of a row as text; null for NULL. */
export type Row = readonly (string | null)[];

/** An open connection. Hides the driver. */
export interface Connection extends AsyncDisposable {
  readonly login: Login;
  readonly invocation: Invocation;
  /** Version and connection number in the server's greeting. */
  readonly greeting: { readonly version: string; readonly id: number };
  /** Runs a statement and returns its rows. @throws ServerRefusal, or the driver's error if the connection is lost. */
  rows(statement: string): Promise<readonly Row[]>;
  /**
   * Runs a statement that the server may refuse. With IF EXISTS the server reports a missing account as a note, which counts
   * as a refusal here.
   *
   * @returns the refusal, or undefined if the statement was executed.
   */
  attempt(statement: string): Promise<ServerRefusal | undefined>;
  /** Whether the server accepts this name and password, from here and with the TLS of this connection. */
  acceptsLogin(username: string, password: string): Promise<boolean>;
}

/** A connection whose variables are set: all files but engine.ts work with it. */
export interface MysqlSession extends Session, Connection {
  /** The account of this session: of this user name, the one whose host matches the client's address best. */
  readonly account: AccountName;
  /** The server's answer to the dialect's question. */
  readonly answer: boolean;
  /** @throws RotationError `read-only`. Some administrators could write nevertheless, and the replica would then differ. */
  assertWritable(): void;
  /** Sets the server's timeouts again if time has passed, so that they end before the step does. */
  renewTimeouts(): Promise<void>;
}

/** Maximum characters of a version. */
const LONGEST_VERSION = 80;

/** Milliseconds after which timeouts are set again. */
const LONGEST_TRUSTED_MS = 1000;

const READ_ONLY = ["read_only", "innodb_read_only"];

/** Users, the server and `init_connect` can set variables that break or change what is read. These override them. */
const VARIABLES = [
  "sql_quote_show_create = ON",
  "sql_select_limit = 18446744073709551615",
  // With 1 a query on information_schema took a whole step (seen in MySQL 9.7).
  "optimizer_search_depth = 62",
  "sql_big_selects = ON",
  "sql_notes = ON",
  "autocommit = ON",
  "completion_type = NO_CHAIN",
];

/** Sets the session's variables first, then asks the server for the session's user, account and state. */
export async function introduce(
  { rows, greeting, invocation: { deadline } }: Connection,
  dialect: Dialect,
): Promise<Pick<MysqlSession, "account" | "identity" | "answer" | "assertWritable" | "renewTimeouts">> {
  const why = dialect.unsupported(greeting.version);
  if (why !== undefined) {
    const version = redact(greeting.version).slice(0, LONGEST_VERSION);
    throw new RotationError("unsupported", `The server is ${version}.`, why);
  }
  let since = deadline.remaining();
  const variables = [...VARIABLES, ...dialect.variables(greeting.version), ...timeouts(dialect, since)];
  await rows(`SET NAMES utf8mb4, ${assignments(variables)}`);
  const [row = []] = await rows(
    `SELECT USER(), CURRENT_USER(), MOD(CONNECTION_ID(), 4294967296), ${dialect.question}, ` +
      READ_ONLY.map((name) => `@@GLOBAL.${name}`).join(", "),
  );
  const [user = "", currentUser = "", id, answer, ...values] = row.map((column) => column ?? "");
  const readOnly = READ_ONLY.filter((_, index) => !["0", "OFF"].includes(values[index] ?? ""));
  const account = parseAccount(currentUser);
  // A proxied user, or one that logs in through an account without a name, has no password of its own here.
  const username = parseAccount(user).user === account.user ? account.user : "";
  return {
    account,
    identity: { username, greetingId: greeting.id, sessionId: Number(id) },
    answer: answer === "1",
    assertWritable: () => {
      if (readOnly.length > 0) {
        throw new RotationError(
          "read-only",
          `The server is read-only (${readOnly.join(", ")}): probably a replica.`,
          PRIMARY,
        );
      }
    },
    renewTimeouts: async () => {
      const left = deadline.remaining();
      if (since - left > LONGEST_TRUSTED_MS) {
        await rows(`SET ${assignments(timeouts(dialect, left))}`);
        since = left;
      }
    },
  };
}

const assignments = (variables: readonly string[]) => variables.map((one) => `SESSION ${one}`).join(", ");

/**
 * Returns the assignments of the timeouts, in whole seconds, at least 1. A statement may wait for several locks in turn: a
 * quarter of the time for each keeps their sum within the step. wait_timeout ends a frozen client's session, and its locks,
 * at the step's deadline.
 */
function timeouts(dialect: Dialect, left: number): string[] {
  const quarter = Math.max(1, Math.floor(left / 4000));
  return [
    ...["wait_timeout", "interactive_timeout", "net_read_timeout", "net_write_timeout"].map(
      (name) => `${name} = ${Math.ceil(left / 1000)}`,
    ),
    `lock_wait_timeout = ${quarter}`,
    `innodb_lock_wait_timeout = ${quarter}`,
    ...dialect.timeouts(left),
  ];
}
