import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { silentServer } from "../../shared/engine/connection-errors.ts";
import type { Engine, Invocation, Login } from "../../shared/engine/engine.ts";
import { secureContextOf } from "../../shared/engine/tls.ts";
import { openWire, type Wire } from "../../shared/engine/wire.ts";
import { explain, isRejectedLogin } from "./errors.ts";
import { inspect } from "./inspect.ts";
import { pair } from "./pair/pair.ts";
import { changeOwnPassword, isUsable, MAXIMUM_ITERATIONS } from "./password.ts";
import type { PostgresSession } from "./session.ts";
import { id, type Row, sqlState } from "./sql.ts";
import { wholeMessages } from "./whole-messages.ts";

const LONGEST_CLOSE_MS = 500;

export const postgres: Engine<PostgresSession> = {
  names: ["postgres", "aurora-postgresql"],
  defaultPort: 5432,
  defaultDatabase: "postgres",
  excludedCharacters: ":/@\"'\\",
  refusal,
  whyRefused: (username) =>
    `If its VALID UNTIL is in the past, run as an administrator: ALTER ROLE ${id(username)} VALID UNTIL 'infinity' - `,
  connect,
  explain,
  pair,
  inspect,
};

function refusal(username: string, password: string): string | undefined {
  // NAMEDATALEN: the server cuts longer names off, so two names could become one user.
  if (Buffer.byteLength(username) > 63) {
    return "PostgreSQL cuts user names off after 63 bytes, and this one is longer: use a shorter one.";
  }
  if (/^(pg_.*|public|none)$/s.test(username)) {
    return `The server reserves the user name ${username} for itself: use another one.`;
  }
  return isUsable(password)
    ? undefined
    : "The password must be of printable ASCII characters and not look like a stored md5 or SCRAM password.";
}

/**
 * Settings of the startup message, which override those of the role and of the database (manual, section 54.7). Settings
 * for applications must not end our sessions or make them read-only. `role` is left out, since testSecret tries it.
 */
function options(timeout: number, rest: number): string {
  return (
    "-c default_transaction_read_only=off -c default_transaction_deferrable=off -c idle_session_timeout=0 " +
    `-c default_transaction_isolation=read\\ committed -c search_path=pg_catalog,pg_temp -c statement_timeout=${timeout} ` +
    `-c lock_timeout=${timeout} -c idle_in_transaction_session_timeout=${rest} -c tcp_user_timeout=${rest}`
  );
}

/**
 * The first message. Its answer shows which user has logged in, whether a pooler answers instead of the server, and
 * the server's version and settings. On Linux it makes the server check every second whether a waiting client is alive.
 */
const GREETING = `
  SET search_path TO pg_catalog, pg_temp;
  SELECT session_user AS username, pg_backend_pid() AS pid, current_database() AS database,
         current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
         current_setting('password_encryption') AS encryption, current_setting('scram_iterations', true) AS iterations,
         CASE WHEN version() LIKE '%linux%' THEN set_config('client_connection_check_interval', '1000', false) END`;

async function connect(
  login: Login,
  invocation: Invocation,
  wire: Wire,
): Promise<PostgresSession | undefined> {
  const { socket, tls, timeout } = wire;
  const { host, port, database, username: user, password } = login;
  const client = new Client({
    ...{ host, port, database, user, password },
    ssl: tls && { ...tls, secureContext: secureContextOf(tls.ca) },
    connectionTimeoutMillis: timeout,
    stream: () => socket,
    application_name: "secrets-manager-rotation",
    options: options(timeout, invocation.deadline.remaining()),
    ...{ scramMaxIterations: MAXIMUM_ITERATIONS }, // An option that the driver's types lack.
  });
  client.on("error", () => {}); // Fails the statement under way. Without a listener, it would end the process.
  const { connection } = client;
  connection.once("sslconnect", () => wire.bound(connection.stream, wholeMessages()));
  const passwords = { askedForMd5: false, encryption: "", iterations: 0 };
  connection.once("authenticationMD5Password", () => Object.assign(passwords, { askedForMd5: true }));
  try {
    const connecting = client.connect();
    if (login.tls === false) {
      wire.bound(socket, wholeMessages());
    }
    await connecting;
  } catch (error) {
    if (isRejectedLogin(error)) {
      return undefined;
    }
    throw error instanceof Error && error.message === "timeout expired"
      ? silentServer(login, timeout)
      : error;
  }
  const sql = { query: async (text: string) => lastRows(await client.query(text)) };
  const [row = {}] = await sql.query(GREETING);
  const { encryption, iterations } = row;
  const session: PostgresSession = {
    identity: {
      username: String(row.username),
      greetingId: "processID" in client ? Number(client.processID) : undefined,
      sessionId: Number(row.pid),
    },
    sql,
    invocation,
    server: { version: String(row.version), number: Number(row.number) },
    database: String(row.database),
    passwords: { ...passwords, encryption: String(encryption), iterations: Number(iterations ?? 4096) },
    changeOwnPassword: (next, rotation) => changeOwnPassword(session, next, rotation),
    open: (other) => open({ ...login, ...other }, invocation),
    [Symbol.asyncDispose]: async () => {
      await Promise.race([client.end(), wait(LONGEST_CLOSE_MS)]).catch(() => {});
      socket.destroy();
    },
  };
  return session;
}

/** The server may not let the user into a database (28000, 42501), or the database may be gone or closed (3D000, 55000). */
async function open(login: Login, invocation: Invocation): Promise<PostgresSession | undefined> {
  const wire = openWire(login, invocation);
  try {
    return await connect(login, invocation, wire);
  } catch (error) {
    wire.socket.destroy();
    if (["28000", "42501", "3D000", "55000"].includes(sqlState(error) ?? "")) {
      return undefined;
    }
    throw error;
  }
}

/** The driver answers a message of several statements with a list of results. */
function lastRows(result: { rows: Row[] } | { rows: Row[] }[]): Row[] {
  return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
}
