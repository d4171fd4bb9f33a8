import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import type { Logins } from "../../logins.ts";
import { findProgram } from "../find-program.ts";
import { runnableProgram } from "../program.ts";
import { OUTPUT, type ProcessOptions, startOnFreePort, startProcess } from "../server-process.ts";
import { serviceAccount, writeFor } from "../service-account.ts";
import { workFolder } from "../work-folder.ts";
import { createDataFolder } from "./data-folder.ts";
import { countLogins } from "./logins.ts";
import { optionFile } from "./option-file.ts";
import type { ServerOptions } from "./options.ts";
import type { Product } from "./product.ts";
import { GENERAL_LOG, SLOW_LOG, settingsOf } from "./settings.ts";
import { countStatements } from "./statements.ts";

/** A MySQL or MariaDB server of one's own. Everything it has is thrown away when it is disposed of. */
export type Server = AsyncDisposable & {
  /** It listens on 127.0.0.1 only; a certificate must be for this name. */
  host: "localhost";
  port: number;
  /** As the program says it: "9.7.4-2", "10.11.19-MariaDB-0+deb12u1". */
  version: string;
  superuser: { username: "root"; password: string };
  /** Holds the data, the certificate and the logs. */
  directory: string;
  /**
   * All that the server has logged: who logged in, what they said, how long it took, and what went wrong. A line about
   * a login is in it before the client learns of the login's outcome. What `connect` and `query` say is not in it.
   */
  log(): Promise<string>;
  /** The logins of one user since the server was started for the first time. */
  logins(username: string): Promise<Logins>;
  /** How many statements one user has sent. */
  statements(username: string): Promise<number>;
  /** A session of root, over the server's Unix socket: it works whatever TLS and privileges ask of others. */
  connect(database?: string): Promise<Connection>;
  /** Runs one statement as root, in a session of its own; `values` stand for its question marks. */
  query(statement: string, values?: unknown[]): Promise<RowDataPacket[]>;
  /** Ends all sessions and starts anew, with the same data on the same port. */
  restart(): Promise<void>;
};

/** Starts a server on loopback. Neither the server nor its folder outlives this process, even if it is killed. */
export async function startServer(product: Product, options: ServerOptions = {}): Promise<Server> {
  await using cleanUp = new AsyncDisposableStack();
  const account = await serviceAccount();
  const found = await findProgram(product, options);
  const { path: folder } = cleanUp.use(await workFolder(account, product.program));
  const program = await runnableProgram(product, found, account, folder);
  await createDataFolder({ product, program: found, account, folder });

  const password = randomBytes(24).toString("base64url");
  const optionsFile = join(folder, "server.cnf");
  const initFile = join(folder, "init.sql");
  await writeFor(
    account,
    optionsFile,
    optionFile(await settingsOf({ ...options, product, program, account, folder })),
  );
  // The server runs it before it accepts connections.
  await writeFor(account, initFile, `${product.setRootPassword(password)};\n`);
  const process = (...more: string[]): ProcessOptions => ({
    command: (port) => [...program.command, `--defaults-file=${optionsFile}`, `--port=${port}`, ...more],
    account,
    folder,
    // Both products write this when they listen; MySQL does so on one line, MariaDB on two.
    isReady: (output) => /: ready for connections\.\s+Version: /.test(output),
  });
  let server = await startOnFreePort(process(`--init-file=${initFile}`));
  cleanUp.defer(() => server.stop("SIGKILL"));
  await rm(initFile);

  const connect = async (database?: string) => {
    const socketPath = join(folder, "server.sock");
    const session = await createConnection({ socketPath, user: "root", password, database });
    // A session that the server ends (restart, dispose) reports it here too; its next query fails anyway.
    session.on("error", () => {});
    await session.query("SET SESSION sql_log_off = ON, SESSION long_query_time = 31536000");
    return session;
  };
  const query = async (statement: string, values?: unknown[]) => {
    await using session = await connect();
    const [rows] = await session.query<RowDataPacket[]>(statement, values);
    // A statement that has no result has a summary in its place.
    return Array.isArray(rows) ? rows : [];
  };
  const read = (name: string) => readFile(join(folder, name), "utf8");
  const started = cleanUp.move();
  return {
    host: "localhost",
    port: server.port,
    version: program.version,
    superuser: { username: "root", password },
    directory: folder,
    log: async () => (await Promise.all([GENERAL_LOG, SLOW_LOG, OUTPUT].map(read))).join(""),
    logins: async (username) => {
      const connections = await query("SHOW PROCESSLIST");
      // Who has not been let in yet, or is being shown out, is there with this command.
      const sessions = connections.filter(({ Command }) => Command !== "Connect").map(({ Id }) => Number(Id));
      // Read afterward: a session that had ended by then has its last line in the log.
      return countLogins(await read(GENERAL_LOG), username, new Set(sessions));
    },
    statements: async (username) => countStatements(await read(GENERAL_LOG), username),
    connect,
    query,
    restart: async () => {
      await server.stop("SIGTERM");
      server = await startProcess(process(), server.port);
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
