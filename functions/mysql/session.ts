import type { Invocation, Login } from "../../shared/engine/engine.ts";
import { assertNoPooler } from "../../shared/engine/pooler.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { redact } from "../../shared/report/redact.ts";
import type { ServerRefusal } from "./server-refusal.ts";
import { type AccountName, accountText, literal, parseAccount } from "./sql.ts";

/** A row as text, column by column; NULL is null. */
export type Row = readonly (string | null)[];

/** An open connection, without the driver: what every verb works with. */
export interface Connection {
  readonly login: Login;
  readonly invocation: Invocation;
  /** The connection's number, as the server greeted with it. */
  readonly greetingId: number;
  /** @throws ServerRefusal, or RotationError if the connection was lost. */
  rows(statement: string): Promise<readonly Row[]>;
  /** Runs a statement that the server may well refuse. @returns the refusal, if it did. */
  attempt(statement: string): Promise<ServerRefusal | undefined>;
  /** Does the server let somebody in, from here and with the TLS of this connection? */
  letsIn(username: string, password: string): Promise<boolean>;
}

/** A connection that has introduced itself. */
export interface Server extends Connection {
  /** Whom the server takes this session for: the account whose host fits the client's address best. */
  readonly account: AccountName;
}

/** What the server says of itself. */
export interface Identity {
  /** VERSION(): "8.0.42", "9.7.4-2", "10.11.6-MariaDB-log". */
  readonly version: string;
  /** It keeps attributes of accounts: MySQL does since 8.0.21, MariaDB does not. */
  readonly hasAttributes: boolean;
}

/** Characters; what is longer is no version. */
const LONGEST_VERSION = 80;

/**
 * The first statements of a session. They tell whether the server can be rotated on, and make it safe to quote.
 *
 * A number in the greeting that CONNECTION_ID() does not confirm is a proxy's, which hands sessions of the server out
 * to its clients.
 */
export async function introduce(
  connection: Connection,
  { refusal }: { refusal(server: Identity): string | undefined },
): Promise<Server> {
  const [row] = await connection.rows(
    `SELECT VERSION(), USER(), CURRENT_USER(), MOD(CONNECTION_ID(), 4294967296),
            EXISTS (SELECT 1 FROM information_schema.TABLES
                    WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'USER_ATTRIBUTES')`,
  );
  const [version, user, currentUser, id, hasAttributes] = (row ?? []).map((column) => column ?? "");
  const why = refusal({ version: version ?? "", hasAttributes: hasAttributes === "1" });
  if (why !== undefined) {
    const named = redact(version ?? "").slice(0, LONGEST_VERSION);
    throw new RotationError("unsupported", `The server is ${named}.`, why);
  }
  assertNoPooler(connection.greetingId, id);
  const account = parseAccount(currentUser ?? "");
  if (account.user !== connection.login.username || parseAccount(user ?? "").user !== account.user) {
    throw new RotationError(
      "wrong-user",
      `The server let the user in as ${accountText(account)}.`,
      "A grant of PROXY or an account without a name does that; such an account has no password of its own to rotate.",
    );
  }
  await connection.rows(
    `SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES', SESSION sql_quote_show_create = ON, ${lockTimeouts(connection.invocation)}`,
  );
  return { ...connection, account };
}

/** In whole seconds, at least 1. They end before the step's deadline does, for the server to hear of it. */
function lockTimeouts({ deadline }: Invocation): string {
  const seconds = patience(deadline);
  return `SESSION lock_wait_timeout = ${seconds}, SESSION innodb_lock_wait_timeout = ${seconds}`;
}

/** How many seconds the server may wait for a lock: it ends before the step's deadline does, to be heard of. */
export function patience(deadline: Invocation["deadline"]): number {
  return Math.max(1, Math.floor((deadline.remaining() * 0.8) / 1000));
}

/**
 * Rotations of the same users wait for each other. If the work is cut off, the lock ends with the session.
 *
 * @param subject any length: names of locks have at most 64 characters.
 */
export async function alone<T>(server: Server, subject: string, work: () => Promise<T>): Promise<T> {
  const name = `CONCAT('rotation ', LEFT(SHA2(${literal(subject)}, 256), 32))`;
  const [row] = await server.rows(`SELECT GET_LOCK(${name}, ${patience(server.invocation.deadline)})`);
  if (row?.[0] !== "1") {
    throw new RotationError(
      "locked",
      "Another rotation of the same user is under way.",
      "Secrets Manager tries again by itself. If it goes on, find the session with: SELECT * FROM " +
        "performance_schema.metadata_locks WHERE OBJECT_TYPE = 'USER LEVEL LOCK'.",
    );
  }
  try {
    return await work();
  } finally {
    await server.rows(`DO RELEASE_LOCK(${name})`).catch(() => {});
  }
}

/** An administrator's session may write on some read-only servers, and the replica would then differ from its source. */
export async function assertWritable({ rows }: Server): Promise<void> {
  const switchedOn = await rows(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only') " +
      "AND Value NOT IN ('OFF', '0')",
  );
  if (switchedOn.length > 0) {
    throw new RotationError(
      "read-only",
      `The server is read-only (${switchedOn.map(([name]) => name).join(", ")}): a replica, most likely.`,
      "Put the host of the primary, or of the cluster's writer, into the secret.",
    );
  }
}
