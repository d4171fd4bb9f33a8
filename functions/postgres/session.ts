import type { Invocation, Login, Session } from "../../shared/engine/engine.ts";
import { id, type Sql } from "./sql.ts";

/** An open session, as the files beside engine.ts and the operator's commands use it. */
export interface PostgresSession extends Session {
  readonly sql: Sql;
  readonly invocation: Invocation;
  readonly server: Server;
  readonly database: string;
  /** How the server asked this session for a password, and two settings. */
  readonly passwords: {
    readonly askedForMd5: boolean;
    readonly encryption: string;
    readonly iterations: number;
  };
  /**
   * The role that the user acts as by its own setting (`ALTER ROLE … SET role`). That of the database is not followed: its
   * owner would decide what the admin user acts as.
   */
  readonly actsAs: string | undefined;
  /** Opens another session, of another user or in another database; undefined if the server does not let it in there. */
  open(other: Partial<Login>): Promise<PostgresSession | undefined>;
}

/** `18.4`, 180004 */
export interface Server {
  readonly version: string;
  readonly number: number;
}

/** Whether a membership has options (GRANT … WITH INHERIT, SET) and belongs to its grantor: since 16. */
export function isModern({ number }: Server): boolean {
  return number >= 160000;
}

/**
 * Statements for the beginning of a message in a transaction: together they end before the step's deadline, at the
 * server, also if this process is frozen or gone.
 *
 * @param waiting how many statements of the message may have to wait: they share the time.
 * @param longest milliseconds that one of them may wait, if it is less than its share.
 */
export function limits({ invocation, server }: PostgresSession, waiting = 1, longest = Infinity): string {
  const rest = invocation.deadline.remaining();
  const each = Math.ceil(Math.min((rest * 0.5) / Math.max(1, waiting), longest));
  const values = {
    statement_timeout: each,
    lock_timeout: Math.ceil(each * 0.9),
    idle_in_transaction_session_timeout: Math.ceil(rest * 0.4),
  };
  const set = Object.entries(values).map(([name, value]) => `SET LOCAL ${name} = ${value};`);
  // Since 17. One that runs is not changed by another value.
  const whole = `SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = ${Math.ceil(rest * 0.95)};`;
  return `${set.join(" ")} ${server.number >= 170000 ? whole : ""}`;
}

/** READ COMMITTED, since a session that has waited for a lock is to see what the one before it did. */
export function begin(session: PostgresSession, waiting?: number, longest?: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${asAdmin(session)} ${limits(session, waiting, longest)}`;
}

/** For the rest of the transaction, the admin user is itself, or what it has set itself to act as. */
export function asAdmin({ actsAs }: PostgresSession): string {
  return `SET LOCAL ROLE ${actsAs === undefined ? "NONE" : id(actsAs)};`;
}
