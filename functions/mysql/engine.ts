import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { createConnection } from "mysql2";
import { connectionFailure, silentServer } from "../../shared/engine/connection-errors.ts";
import type { Engine, Invocation, Login } from "../../shared/engine/engine.ts";
import { perCaCertificates } from "../../shared/engine/tls.ts";
import { openWire, type Wire } from "../../shared/engine/wire.ts";
import { type Dialect, mysqlDialect } from "./dialect.ts";
import {
  boundPlaintextAndTls,
  greetingVersion,
  onlyGreetingInPlaintext,
  tlsOutcome,
} from "./driver-streams.ts";
import { explain, MISSING, REJECTED, refusalIn, ServerRefusal } from "./errors.ts";
import { inspect } from "./inspect.ts";
import { pairOf } from "./pair/pair.ts";
import { type Connection, introduce, type MysqlSession, type Row } from "./session.ts";

const LONGEST_CLOSE_MS = 500;

/** Causes of error 1045. */
const REFUSAL_CAUSES =
  "a wrong password, no account for this user and address, or a REQUIRE that the connection does not meet (SSL without " +
  "TLS; X509, SUBJECT or ISSUER, for which a client needs a certificate that this function does not have)";

export const mysql = mysqlEngine(mysqlDialect);

/** Returns the engine of a product that speaks MySQL's protocol. */
export function mysqlEngine(dialect: Dialect): Engine<MysqlSession> {
  return {
    names: dialect.names,
    defaultPort: 3306,
    defaultDatabase: undefined,
    excludedCharacters: "/@\"'\\",
    ...(dialect.longestPassword && { longestPassword: dialect.longestPassword }),
    refusal: (username, password) => refusal(dialect, username, password),
    connect: (login, invocation, wire) => connect(dialect, login, invocation, wire),
    explain,
    ...(dialect.secondPassword && { secondPassword: dialect.secondPassword }),
    pair: pairOf(dialect),
    inspect: (session, as) => inspect(dialect, session, as),
  };
}

function refusal({ longestName }: Dialect, username: string, password: string): string | undefined {
  if ([...username].length > longestName) {
    return `User names have at most ${longestName} characters here, and ${username} is longer: use a shorter one.`;
  }
  if (username !== username.trim()) {
    return "The server cuts spaces off at both ends of user names, so that two users would become one: rename the user.";
  }
  if (!/^[\x20-\x7e]+$/.test(password)) {
    return "The password must be of printable ASCII characters: clients send others in encodings of their own.";
  }
  return undefined;
}

async function connect(
  dialect: Dialect,
  login: Login,
  invocation: Invocation,
  wire: Wire,
): Promise<MysqlSession | undefined> {
  await using opened = new AsyncDisposableStack();
  const connection = opened.use(await open(login, invocation, wire));
  if (connection === undefined) {
    return undefined;
  }
  const session: MysqlSession = {
    ...connection,
    ...(await introduce(connection, dialect)),
    changeOwnPassword: (next, rotation) => dialect.changeOwnPassword(session, next, rotation),
  };
  opened.move();
  return session;
}

/** The driver parses the CA certificates once per object. */
const sslOf = perCaCertificates((ca) => ({ ca, rejectUnauthorized: true, verifyIdentity: true }));

/** Authenticates. @returns undefined if the server rejected the user name and password. */
async function open(login: Login, invocation: Invocation, wire: Wire): Promise<Connection | undefined> {
  const { deadline } = invocation;
  const { socket, tls, timeout } = wire;
  const host = login.tls === false ? login.host : (login.tls.serverName ?? login.host);
  // Without a server name, as with an IP address, Node verifies the certificate against this property.
  Object.assign(socket, { _host: host });
  const driver = createConnection({
    // The driver gets the connected socket, and uses the host for the name in the certificate only.
    host,
    stream: () => (tls ? onlyGreetingInPlaintext(socket) : socket).connect(login.port, login.host),
    user: login.username,
    password: login.password,
    database: login.database,
    // Without TLS caching_sha2_password still does not send the password in plaintext: it encrypts it with RSA.
    ...(tls && { ssl: sslOf(tls.ca) }),
    connectTimeout: timeout,
    charset: "utf8mb4",
    rowsAsArray: true,
    // Without an encoding the driver prints the names of JSON columns, which the server chooses.
    typeCast: (field) => field.string("utf8"),
    disableEval: true, // The driver would compile code from the server's column names.
    flags: ["-LOCAL_FILES"], // The server cannot ask for a local file.
  });
  boundPlaintextAndTls(wire, driver);
  let isAccepted = false;
  socket.once("connect", () => {
    isAccepted = true;
  });
  driver.on("error", () => {}); // Fails the statement under way. Without a listener, it would end the process.
  try {
    await once(driver, "connect");
  } catch (error) {
    socket.destroy();
    const { code, verified } = tlsOutcome(driver);
    if (refusalIn(error)?.number !== REJECTED) {
      throw failedLogin(error, login, isAccepted && timeout, code);
    }
    if (tls && !verified) {
      throw connectionFailure(login, "ERR_TLS_REQUIRED"); // An attacker on the network may have sent the rejection.
    }
    invocation.log.info(
      `The server rejected the login for ${login.username} without a reason. Possible causes: ${REFUSAL_CAUSES}`,
    );
    return undefined;
  }

  let warnings = 0;
  async function rows(sql: string): Promise<readonly Row[]> {
    try {
      const [result] = await driver.promise().query({ sql, timeout: deadline.remaining() });
      warnings = "warningStatus" in result ? result.warningStatus : 0;
      // rowsAsArray and typeCast give rows of this shape. The driver's types do not know.
      return Array.isArray(result) ? (result as unknown as Row[]) : [];
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
  }
  return {
    login,
    invocation,
    greeting: { version: greetingVersion(driver), id: driver.threadId },
    rows,
    attempt: async (statement) => {
      try {
        await rows(statement);
        const notes = warnings > 0 ? await rows("SHOW WARNINGS") : [];
        const missing = notes.find(([level, code]) => level === "Note" && MISSING.includes(Number(code)));
        return missing && new ServerRefusal(Number(missing[1]), "");
      } catch (error) {
        if (error instanceof ServerRefusal) {
          return error;
        }
        throw error;
      }
    },
    acceptsLogin: async (username, password) => {
      const other = { ...login, username, password };
      await using opened = await open(other, invocation, openWire(other, invocation));
      return opened !== undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.race([driver.promise().end(), wait(LONGEST_CLOSE_MS)]).catch(() => {});
      socket.destroy();
    },
  };
}

/** @param silence milliseconds without an answer after the host had accepted the connection; false if it had not. */
function failedLogin(error: unknown, login: Login, silence: number | false, tlsCode?: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ETIMEDOUT" && silence) {
    return silentServer(login, silence);
  }
  return code === "HANDSHAKE_SSL_ERROR" && tlsCode !== undefined ? connectionFailure(login, tlsCode) : error;
}
