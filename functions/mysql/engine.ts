import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { createConnection } from "mysql2";
import { connectionFailure, silentServer } from "../../shared/engine/connection-errors.ts";
import type { Engine, Invocation, Login } from "../../shared/engine/engine.ts";
import { perAuthorities } from "../../shared/engine/tls.ts";
import { openWire, type Wire } from "../../shared/engine/wire.ts";
import { type Dialect, mysqlDialect } from "./dialect.ts";
import { boundBoth, greetedVersion, onlyGreetingInPlaintext, tlsOutcome } from "./driver-streams.ts";
import { explain, MISSING, REJECTED, refusalIn, ServerRefusal } from "./errors.ts";
import { inspect } from "./inspect.ts";
import { pairOf } from "./pair/pair.ts";
import { type Connection, introduce, type MysqlSession, type Row } from "./session.ts";

const LONGEST_GOODBYE_MS = 500;

/** All of them are error 1045. */
const REFUSAL_CAUSES =
  "a wrong password, no account for this user and address, or a REQUIRE that the connection does not meet (SSL without " +
  "TLS; X509, SUBJECT or ISSUER, for which a client needs a certificate that this function does not have)";

export const mysql = mysqlEngine(mysqlDialect);

/** The engine of a product that speaks MySQL's protocol. */
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

/** The driver parses the authorities once per object. */
const sslOf = perAuthorities((ca) => ({ ca, rejectUnauthorized: true, verifyIdentity: true }));

/** Authenticates, and no more. @returns undefined if the server refused user name and password as such. */
async function open(login: Login, invocation: Invocation, wire: Wire): Promise<Connection | undefined> {
  const { deadline } = invocation;
  const { socket, tls, timeout } = wire;
  const host = login.tls === false ? login.host : (login.tls.serverName ?? login.host);
  // Node verifies the certificate against this property where there is no server name, as with an IP address.
  Object.assign(socket, { _host: host });
  const driver = createConnection({
    // As the stream is given, the driver needs the host for nothing but the name in the certificate.
    host,
    stream: () => (tls ? onlyGreetingInPlaintext(socket) : socket).connect(login.port, login.host),
    user: login.username,
    password: login.password,
    database: login.database,
    // Without this the password is not sent in plaintext either: caching_sha2_password encrypts it with RSA.
    ...(tls && { ssl: sslOf(tls.ca) }),
    connectTimeout: timeout,
    charset: "utf8mb4",
    rowsAsArray: true,
    // Without an encoding the driver prints the names of JSON columns, which are the server's words.
    typeCast: (field) => field.string("utf8"),
    disableEval: true, // Otherwise it compiles a program from what the server says of its columns.
    flags: ["-LOCAL_FILES"], // No file of ours is the server's to ask for.
  });
  boundBoth(wire, driver);
  let isAccepted = false;
  socket.once("connect", () => {
    isAccepted = true;
  });
  driver.on("error", () => {}); // A lost connection fails the statement under way; unheard, it ends the process.
  try {
    await once(driver, "connect");
  } catch (error) {
    socket.destroy();
    const { code, verified } = tlsOutcome(driver);
    if (refusalIn(error)?.number !== REJECTED) {
      throw failedLogin(error, login, isAccepted && timeout, code);
    }
    if (tls && !verified) {
      throw connectionFailure(login, "ERR_TLS_REQUIRED"); // The rejection need not have come from the server.
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
      // rowsAsArray and typeCast make rows of this shape, which the driver's types do not follow.
      return Array.isArray(result) ? (result as unknown as Row[]) : [];
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
  }
  return {
    login,
    invocation,
    greeting: { version: greetedVersion(driver), id: driver.threadId },
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
    letsIn: async (username, password) => {
      const other = { ...login, username, password };
      await using opened = await open(other, invocation, openWire(other, invocation));
      return opened !== undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.race([driver.promise().end(), wait(LONGEST_GOODBYE_MS)]).catch(() => {});
      socket.destroy();
    },
  };
}

/** @param silence milliseconds that the host was silent for, if it had accepted the connection. */
function failedLogin(error: unknown, login: Login, silence: number | false, tlsCode?: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ETIMEDOUT" && silence) {
    return silentServer(login, silence);
  }
  return code === "HANDSHAKE_SSL_ERROR" && tlsCode !== undefined ? connectionFailure(login, tlsCode) : error;
}
