import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { readCarefully } from "../../shared/engine/careful-reading.ts";
import type { Engine, Invocation, Login, Pair, Session } from "../../shared/engine/engine.ts";
import { assertNoPooler, assertNoRdsProxy } from "../../shared/engine/pooler.ts";
import { secureContextOf, tlsOptions } from "../../shared/engine/tls.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { missingMark, prepare } from "./alternate.ts";
import { differences } from "./differences.ts";
import { explainChange, explainLogin, explainPreparation, isRejectedLogin } from "./errors.ts";
import { assertMayGivePassword } from "./others-password.ts";
import { isPrintableAscii, looksStored, MOST_ITERATIONS, passwordClause } from "./password.ts";
import type { IsOurs } from "./preconditions.ts";
import { beginChange } from "./transaction.ts";
import { wholeMessages } from "./whole-messages.ts";

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

async function connect(login: Login, invocation: Invocation): Promise<Session | undefined> {
  assertNoRdsProxy(login);
  const { deadline, settings } = invocation;
  const connectTimeout = Math.min(LONGEST_CONNECT_MS, deadline.remaining());
  const tls = tlsOptions(login, settings);
  const socket = new Socket({ signal: deadline.signal });
  const client = new Client({
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.username,
    password: login.password,
    ssl: tls && { ...tls, secureContext: secureContextOf(tls.ca) },
    connectionTimeoutMillis: connectTimeout,
    stream: () => socket,
    application_name: "secrets-manager-rotation",
    ...{ scramMaxIterations: MOST_ITERATIONS }, // Which the driver's types do not know.
  });
  client.on("error", () => {}); // A lost connection fails the statement under way; unheard, it ends the process.
  const { connection } = client;
  connection.once("sslconnect", () => readCarefully(connection.stream, wholeMessages()));
  try {
    const connecting = client.connect();
    if (login.tls === false) {
      readCarefully(socket, wholeMessages());
    }
    await connecting;
    await assertOwnSession(client, login);
  } catch (error) {
    socket.destroy();
    if (isRejectedLogin(error)) {
      return undefined;
    }
    throw explainLogin(error, login, connectTimeout);
  }
  return session(client, login, invocation, async () => {
    await Promise.race([client.end(), wait(LONGEST_GOODBYE_MS)]).catch(() => {});
    socket.destroy();
  });
}

function session(client: Client, login: Login, invocation: Invocation, close: () => Promise<void>): Session {
  const { deadline, settings, log } = invocation;

  /** One message, so that it happens as a whole or not at all, also if this process dies. */
  async function changeOwnPassword(password: string): Promise<void> {
    const { username } = login;
    const clause = await passwordClause(client, username, password, settings);
    await client.query(`${beginChange(client, [username], deadline)}
      SET LOCAL ROLE NONE;
      ALTER ROLE ${client.escapeIdentifier(username)} ${clause};
      COMMIT`);
  }

  async function prepareAlternate(pair: Pair, password: string, isOurs?: IsOurs): Promise<void> {
    const clause = await passwordClause(client, pair.alternate, password, settings);
    await client.query(beginChange(client, [pair.current, pair.alternate], deadline));
    await prepare(client, pair, log, isOurs);
    await client.query(`ALTER ROLE ${client.escapeIdentifier(pair.alternate)} LOGIN ${clause}; COMMIT`);
  }

  async function setPassword(username: string, password: string): Promise<void> {
    const clause = await passwordClause(client, username, password, settings);
    await client.query(beginChange(client, [username], deadline));
    await assertMayGivePassword(client, username);
    await client.query(`ALTER ROLE ${client.escapeIdentifier(username)} ${clause}; COMMIT`);
  }

  const explaining = <T>(work: Promise<T>, explain = explainChange) =>
    work.catch((error) => {
      throw explain(error, login);
    });
  return {
    changeOwnPassword: (password) => explaining(changeOwnPassword(password)),
    setPassword: (username, password) => explaining(setPassword(username, password), explainPreparation),
    missingMark: (pair) => explaining(missingMark(client, pair)),
    prepareAlternate: (...given) => explaining(prepareAlternate(...given), explainPreparation),
    differences: (pair) => explaining(differences(client, pair)),
    [Symbol.asyncDispose]: close,
  };
}

/** The first statement: whom did the server let in, and is it the server itself that answers? */
async function assertOwnSession(client: Client, { username }: Login): Promise<void> {
  const { rows } = await client.query("SELECT session_user AS username, pg_catalog.pg_backend_pid() AS pid");
  assertNoPooler("processID" in client ? client.processID : undefined, rows[0].pid);
  if (rows[0].username !== username) {
    throw new RotationError(
      "wrong-user",
      "The server let the user in under another name.",
      "A map in pg_ident.conf does that: put the role's own name into the secret.",
    );
  }
}
