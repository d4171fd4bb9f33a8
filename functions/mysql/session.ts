import type { Invocation, Login, Session } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { redact } from "../../shared/report/redact.ts";
import type { Dialect } from "./dialect.ts";
import type { ServerRefusal } from "./errors.ts";
import { type AccountName, parseAccount } from "./sql.ts";

/** A row as text, column by column; NULL is null. */
export type Row = readonly (string | null)[];

/** An open connection, without the driver. */
export interface Connection extends AsyncDisposable {
  readonly login: Login;
  readonly invocation: Invocation;
  /** What the server has greeted with: its version and the number of the connection. */
  readonly greeting: { readonly version: string; readonly id: number };
  /** @throws ServerRefusal, or what the driver throws if the connection is lost. */
  rows(statement: string): Promise<readonly Row[]>;
  /**
   * Runs a statement that the server may well refuse. IF EXISTS, which keeps replicas going that lack the account, makes
   * a note of the refusal that there is none.
   *
   * @returns the refusal, if it did.
   */
  attempt(statement: string): Promise<ServerRefusal | undefined>;
  /** Whether the server accepts this name and password, from here and with the TLS of this connection. */
  letsIn(username: string, password: string): Promise<boolean>;
}

/** A connection that has introduced itself: what everything but engine.ts works with. */
export interface MysqlSession extends Session, Connection {
  /** Whom the server takes this session for: the account whose host fits the client's address best. */
  readonly account: AccountName;
  /** The server's answer to the dialect's question. */
  readonly answer: boolean;
  /** @throws RotationError `read-only`: some administrators may write nevertheless, and a replica would then differ. */
  assertWritable(): void;
  /** Sets the server's timeouts anew if time has passed since: they must end before the step does. */
  renewTimeouts(): Promise<void>;
}

/** Characters; what is longer is no version. */
const LONGEST_VERSION = 80;

/** Milliseconds after which timeouts are set anew. */
const LONGEST_TRUSTED_MS = 1000;

const READ_ONLY = ["read_only", "innodb_read_only"];

/** Users, databases and `init_connect` set variables that break or falsify what is read. */
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

/** Makes the session ours by SET, which comes first, then asks who and where it is. */
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
  // A user who was let in as a proxy of another one, or by an account without a name, has no password of its own here.
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
          "Put the host of the primary, or of the cluster's writer, into the secret.",
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
 * Whole seconds, at least 1, of these milliseconds. A statement may wait for several locks, one after the other: all of
 * them together end before the step does. A client that was frozen is forgotten, with its locks, when the step has ended.
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
