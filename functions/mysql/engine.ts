import { once } from "node:events";
import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { createConnection } from "mysql2";
import { connectionFailure } from "../../shared/engine/connection-errors.ts";
import type { Engine, Invocation, Login, Session } from "../../shared/engine/engine.ts";
import { assertNoRdsProxy } from "../../shared/engine/pooler.ts";
import { perAuthorities, tlsOptions } from "../../shared/engine/tls.ts";
import { type Dialect, mysqlDialect } from "./dialect.ts";
import { translated } from "./driver-errors.ts";
import { explained } from "./errors.ts";
import { onlyGreetingInClear } from "./greeting.ts";
import { isRejectedLogin, refusalOf } from "./server-refusal.ts";
import { type Connection, introduce, type Row } from "./session.ts";
import { readBothCarefully, tlsOutcome } from "./tls-stream.ts";
import { verbsOf } from "./verbs.ts";

const LONGEST_CONNECT_MS = 5000;
const LONGEST_GOODBYE_MS = 500;

/** All of them are error 1045. */
const REFUSAL_CAUSES =
  "a wrong password, no account for this user and address, or a REQUIRE that the connection does not meet (SSL without " +
  "TLS; X509, SUBJECT or ISSUER, for which a client needs a certificate that this function has not)";

export const mysql = mysqlEngine(mysqlDialect);

/** The engine of a product that speaks MySQL's protocol. */
export function mysqlEngine(dialect: Dialect): Engine {
  return {
    names: dialect.names,
    defaultPort: 3306,
    keepsTwoPasswords: dialect.discardOldPassword !== undefined,
    defaultDatabase: undefined,
    excludedCharacters: "/@\"'\\",
    refusal: (username, password) => refusal(dialect, username, password),
    connect: (login, invocation) => connect(dialect, login, invocation),
  };
}

function refusal({ longestName }: Dialect, username: string, password: string): string | undefined {
  if ([...username].length > longestName) {
    return `User names have at most ${longestName} characters here, and this one is longer: use a shorter one.`;
  }
  if (username !== username.trim()) {
    return "The server cuts spaces off at both ends of user names, so that two users would become one: rename the user.";
  }
  if (!/^[\x20-\x7e]+$/.test(password)) {
    return "The password must be of printable ASCII characters: clients send others in encodings of their own.";
  }
  return undefined;
}

async function connect(dialect: Dialect, login: Login, invocation: Invocation): Promise<Session | undefined> {
  const connection = await open(login, invocation);
  if (connection === undefined) {
    return undefined;
  }
  try {
    return verbsOf(dialect, await introduce(connection, dialect), connection.close);
  } catch (error) {
    await connection.close();
    throw explained(error, login);
  }
}

interface OpenConnection extends Connection {
  /** Never throws. */
  close(): Promise<void>;
}

/** The driver parses the authorities once per object. */
const sslOf = perAuthorities((ca) => ({ ca, rejectUnauthorized: true, verifyIdentity: true }));

/** Authenticates, and no more. @returns undefined if the server refused user name and password as such. */
async function open(login: Login, invocation: Invocation): Promise<OpenConnection | undefined> {
  assertNoRdsProxy(login);
  const { deadline, settings } = invocation;
  const timeout = Math.min(LONGEST_CONNECT_MS, Math.ceil(deadline.remaining() * 0.8));
  const tls = tlsOptions(login, settings);
  const host = login.tls === false ? login.host : (login.tls.serverName ?? login.host);
  const socket = new Socket({ signal: deadline.signal });
  // Node verifies the certificate against this property where there is no server name, as with an IP address.
  Object.assign(socket, { _host: host });
  const driver = createConnection({
    // As the stream is given, the driver needs the host for nothing but the name in the certificate.
    host,
    stream: () => (tls ? onlyGreetingInClear(socket) : socket).connect(login.port, login.host),
    user: login.username,
    password: login.password,
    database: login.database,
    // Without this the password is not sent in clear text either: caching_sha2_password encrypts it with RSA.
    ...(tls && { ssl: sslOf(tls.ca) }),
    connectTimeout: timeout,
    charset: "utf8mb4",
    rowsAsArray: true,
    // Without an encoding the driver prints the names of JSON columns, which are the server's words.
    typeCast: (field) => field.string("utf8"),
    disableEval: true, // Otherwise it compiles a program from what the server says of its columns.
    flags: ["-LOCAL_FILES"], // No file of ours is the server's to ask for.
  });
  readBothCarefully(socket, driver);
  driver.on("error", () => {}); // A lost connection fails the statement under way; unheard, it ends the process.
  try {
    await once(driver, "connect");
  } catch (error) {
    socket.destroy();
    const { code, verified } = tlsOutcome(driver);
    const failure = translated(error, login, timeout, code);
    if (!isRejectedLogin(failure)) {
      throw explained(failure);
    }
    if (tls && !verified) {
      throw connectionFailure(login, "ERR_TLS_REQUIRED"); // Whoever said that, it need not have been the server.
    }
    invocation.log.info(`The server refuses ${login.username}, saying why to nobody: ${REFUSAL_CAUSES}`);
    return undefined;
  }

  async function rows(sql: string): Promise<readonly Row[]> {
    try {
      const [result] = await driver.promise().query({ sql, timeout: deadline.remaining() });
      // rowsAsArray and typeCast make rows of this shape, which the driver's types do not follow.
      return Array.isArray(result) ? (result as unknown as Row[]) : [];
    } catch (error) {
      throw translated(error, login, timeout, undefined);
    }
  }
  return {
    login,
    invocation,
    greetingId: driver.threadId,
    rows,
    attempt: (statement) => refusalOf(rows(statement)),
    letsIn: async (username, password) => {
      const other = await open({ ...login, username, password }, invocation);
      await other?.close();
      return other !== undefined;
    },
    close: async () => {
      await Promise.race([driver.promise().end(), wait(LONGEST_GOODBYE_MS)]).catch(() => {});
      socket.destroy();
    },
  };
}
