import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import type { Engine, Limits, Login, Session } from "../../shared/engine.ts";
import { RotationError } from "../../shared/errors.ts";
import { tlsOptions } from "../../shared/tls.ts";
import { explained, isRejectedLogin } from "./errors.ts";
import { isPrintableAscii, looksStored, type PasswordStorage, storedPassword } from "./password.ts";

/** Bytes; the server cuts longer names off (NAMEDATALEN), so that two users could become one. */
const LONGEST_NAME = 63;

const LONGEST_CONNECT_MS = 5000;
const LONGEST_GOODBYE_MS = 500;

export const postgres: Engine = {
  names: ["postgres", "aurora-postgresql"],
  defaultPort: 5432,
  defaultDatabase: "postgres",
  excludedCharacters: ":/@\"'\\",
  refusal,
  connect,
};

function refusal(username: string, password: string): string | undefined {
  if (Buffer.byteLength(username) > LONGEST_NAME) {
    return `PostgreSQL cuts user names off after ${LONGEST_NAME} bytes, and this one is longer: use a shorter one.`;
  }
  if (!isPrintableAscii(password) || looksStored(password)) {
    return "The password must be of printable ASCII characters and not look like a stored md5 or SCRAM password.";
  }
  return undefined;
}

async function connect(login: Login, limits: Limits): Promise<Session | undefined> {
  const { deadline, settings } = limits;
  const connectTimeout = Math.min(LONGEST_CONNECT_MS, deadline.remaining());
  const socket = new Socket({ signal: deadline.signal });
  const client = new Client({
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.username,
    password: login.password,
    ssl: tlsOptions(login, settings),
    connectionTimeoutMillis: connectTimeout,
    stream: () => socket,
    application_name: "secrets-manager-rotation",
  });
  client.on("error", () => {}); // A lost connection fails the statement under way; unheard, it ends the process.
  try {
    await client.connect();
    const server = await introduce(client, login);
    return {
      changeOwnPassword: (password) =>
        changeOwnPassword(client, login, password, server, limits).catch((error) => {
          throw explained(error, login, connectTimeout);
        }),
      [Symbol.asyncDispose]: async () => {
        await Promise.race([client.end(), wait(LONGEST_GOODBYE_MS)]).catch(() => {});
        socket.destroy();
      },
    };
  } catch (error) {
    socket.destroy();
    if (isRejectedLogin(error)) {
      return undefined;
    }
    throw explained(error, login, connectTimeout);
  }
}

/** The first statement: whom did the server let in, and how does it store passwords? */
async function introduce(client: Client, login: Login): Promise<PasswordStorage> {
  const { rows } = await client.query(
    `SELECT session_user AS username,
            current_setting('password_encryption') AS encryption,
            coalesce(current_setting('scram_iterations', true), '4096')::int AS iterations`,
  );
  const [server] = rows;
  if (server.username !== login.username) {
    throw new RotationError(
      "wrong-user",
      "The server let the user in under another name.",
      "A pooler or a map in pg_ident.conf does that: put the host of the server itself and the role's own name " +
        "into the secret.",
    );
  }
  return server;
}

/**
 * One transaction in one message, so that it happens as a whole or not at all, also if this process dies. Its
 * timeouts end before the step's deadline does: the server would go on waiting for a lock when nobody is left.
 */
async function changeOwnPassword(
  client: Client,
  { username }: Login,
  password: string,
  storage: PasswordStorage,
  { deadline, settings }: Limits,
): Promise<void> {
  const inSql =
    settings.PASSWORD_IN_SQL === "plaintext" ? password : storedPassword(username, password, storage);
  const timeout = Math.ceil(deadline.remaining() * 0.8);
  await client.query(`
    BEGIN;
    SET LOCAL lock_timeout = ${timeout};
    SET LOCAL statement_timeout = ${timeout};
    SET LOCAL ROLE NONE;
    SELECT pg_advisory_xact_lock(${lockKey(username)});
    ALTER ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(inSql)};
    COMMIT`);
}

/** Rotations of the same user wait for each other: two ALTER ROLE at once fail ("tuple concurrently updated"). */
function lockKey(username: string): string {
  const digest = createHash("sha256").update(`rotation of ${username}`).digest();
  return `${escapeLiteral(digest.readBigInt64BE().toString())}::bigint`;
}
