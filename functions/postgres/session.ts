import type { Invocation, Login, Session } from "../../shared/engine/engine.ts";
import type { Sql } from "./sql.ts";

/** An open session, for the other files of this folder and for rescue. */
export interface PostgresSession extends Session {
  readonly sql: Sql;
  readonly invocation: Invocation;
  readonly server: Server;
  readonly database: string;
  /** Whether the server asked this login for md5; its password_encryption; its scram_iterations. */
  readonly passwords: {
    readonly askedForMd5: boolean;
    readonly encryption: string;
    readonly iterations: number;
  };
  /** Opens a session of another user or in another database. Returns undefined if the server refuses the login. */
  open(other: Partial<Login>): Promise<PostgresSession | undefined>;
}

/** `18.4`, 180004 */
export interface Server {
  readonly version: string;
  readonly number: number;
}

/** Whether memberships have the options INHERIT and SET, and only their grantor can revoke them: since PostgreSQL 16. */
export function isModern({ number }: Server): boolean {
  return number >= 160000;
}

/**
 * Returns the timeouts for the beginning of a message in a transaction. By them the server ends the message before the
 * step's deadline, even if this process is frozen or gone.
 *
 * @param waiting number of statements in the message that may wait for a lock. They share the time.
 * @param longest milliseconds that one of them may wait at most.
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
  // Since 17. A new value is ignored while the timeout runs; so it is set to 0 first.
  const whole = `SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = ${Math.ceil(rest * 0.95)};`;
  return `${set.join(" ")} ${server.number >= 170000 ? whole : ""}`;
}

/** READ COMMITTED: a session that has waited for a lock must see what the session before it changed. */
export function begin(session: PostgresSession, waiting?: number, longest?: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${asAdmin(session)} ${limits(session, waiting, longest)}`;
}

/**
 * For the rest of the transaction, the admin user acts as itself, or as the role of its own setting (`ALTER ROLE … SET
 * role`). The setting of the database is ignored: otherwise the database's owner would decide what the admin user acts as.
 */
export function asAdmin({ server }: PostgresSession): string {
  return `
    SELECT set_config('role', coalesce((
      SELECT substr(entry, 6) FROM pg_db_role_setting, unnest(setconfig) AS entry
       WHERE setdatabase = 0 AND setrole = quote_ident(session_user)::regrole AND entry LIKE 'role=%'
         AND pg_has_role(to_regrole(quote_ident(substr(entry, 6))), '${isModern(server) ? "SET" : "MEMBER"}')), 'none'), true);`;
}
