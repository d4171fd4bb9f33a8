import { setTimeout as wait } from "node:timers/promises";
import { Client, DatabaseError } from "pg";
import { noTls, silentServer } from "../../../shared/engine/connection-errors.ts";
import type { Engine, OwnRotation, Session } from "../../../shared/engine/engine.ts";
import { secureContextOf } from "../../../shared/engine/tls.ts";
import { type Reason, RotationError } from "../../../shared/report/errors.ts";
import { scramVerifier } from "./scram.ts";

/** SQLSTATE invalid_password, and what two transactions that change one role at once get. */
const INVALID_PASSWORD = "28P01";
const CONCURRENT = "XX000";

const LONGEST_CLOSE_MS = 500;

/** By SQLSTATE. */
const ERRORS: Record<string, [reason: Reason, cause: string, remedy: string]> = {
  "28000": ["login-not-allowed", "The server does not let this role log in.", "Check LOGIN and pg_hba.conf."],
  "3D000": ["missing-database", "The database does not exist.", "Correct dbname in the secret."],
  "53300": ["connection-limit", "No connection is left.", "Raise the CONNECTION LIMIT or max_connections."],
  "42501": ["missing-privilege", "The role lacks a privilege.", "Grant CONNECT on the database to the role."],
  "0A000": ["read-only", "The server is a replica.", "Put the host of the primary into the secret."],
  "25006": ["read-only", "The server is a replica.", "Put the host of the primary into the secret."],
  "55P03": ["locked", "Another transaction holds the role's row.", "End it; Secrets Manager retries."],
  "57014": ["locked", "Another transaction holds the role's row.", "End it; Secrets Manager retries."],
};

/** An engine for single-user rotations of PostgreSQL, with an existing driver: the least that the contract accepts. */
export const minimal: Engine = {
  names: ["postgres"],
  defaultPort: 5432,
  defaultDatabase: "postgres",
  excludedCharacters: ":/@\"'\\",
  refusal: (username, password) => {
    if (Buffer.byteLength(username) > 63)
      return "PostgreSQL cuts names off after 63 bytes: use a shorter one.";
    return /^[ -~]+$/.test(password) ? undefined : "The password must be of printable ASCII characters.";
  },

  connect: async (login, { deadline }, wire) => {
    const patience = Math.ceil(deadline.remaining() * 0.4); // The sum of two waits stays below the deadline.
    const client = new Client({
      host: login.host,
      port: login.port,
      database: login.database,
      user: login.username,
      password: login.password,
      ssl: wire.tls && { ...wire.tls, secureContext: secureContextOf(wire.tls.ca) },
      connectionTimeoutMillis: wire.timeout,
      stream: () => wire.socket,
      lock_timeout: patience,
      statement_timeout: patience,
      idle_in_transaction_session_timeout: patience,
    });
    client.on("error", () => {}); // A lost connection fails the statement under way.
    const { connection } = client;
    connection.once("sslconnect", () => wire.bound(connection.stream));
    try {
      const connecting = client.connect();
      if (login.tls === false) wire.bound(wire.socket);
      await connecting;
      const { rows } = await client.query(
        "SELECT session_user AS username, pg_catalog.pg_backend_pid() AS pid",
      );
      return sessionOf(client, rows[0]);
    } catch (error) {
      if (codeOf(error) === INVALID_PASSWORD) return undefined;
      throw error;
    }
  },

  explain: (error, _during, login) => {
    const text = error instanceof Error ? error.message : "";
    if (text === "timeout expired") return silentServer(login, 5000);
    if (text.includes("SSL connection")) return noTls(login);
    if (!(error instanceof DatabaseError)) return undefined;
    const known = ERRORS[codeOf(error) ?? ""];
    const [reason, cause, remedy] = known ?? ["database", "The server refused.", "Its log has the message."];
    return new RotationError(reason, `${cause} (SQLSTATE ${codeOf(error)})`, remedy);
  },
};

function sessionOf(client: Client, row: { username: string; pid: number }): Session {
  const greetingId = "processID" in client ? Number(client.processID) : undefined;
  return {
    identity: { username: row.username, greetingId, sessionId: row.pid },
    changeOwnPassword: async (next, { confirm }) => {
      await untilAlone(() => changePassword(client, row.username, next, confirm));
      return "ended";
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.race([client.end(), wait(LONGEST_CLOSE_MS)]).catch(() => {});
      client.connection.stream.destroy();
    },
  };
}

/** The change is the lock: a second transaction that changes the role waits for this one. */
async function changePassword(
  client: Client,
  username: string,
  password: string,
  confirm: OwnRotation["confirm"],
): Promise<void> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL ROLE NONE");
  try {
    const verifier = client.escapeLiteral(await scramVerifier(password));
    await client.query(`ALTER ROLE ${client.escapeIdentifier(username)} PASSWORD ${verifier}`);
    await confirm();
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** Each attempt has waited for the transaction that it lost against, so that they come to an end. */
async function untilAlone(attempt: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (codeOf(error) !== CONCURRENT) throw error;
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}
