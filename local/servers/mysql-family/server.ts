import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
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

/** A private MySQL or MariaDB server. Disposing stops it and removes its data. */
export type Server = AsyncDisposable & {
  /** Name for the certificate. The server listens on 127.0.0.1 only. */
  host: "localhost";
  port: number;
  /** As the program prints it: "9.7.4-2", "10.11.19-MariaDB-0+deb12u1". */
  version: string;
  superuser: { username: "root"; password: string };
  /** Folder of the data, the certificate and the logs. */
  directory: string;
  /**
   * The general log, the slow query log and the error log. The line about a login is in it before the client learns of the
   * login's outcome. Statements of `connect` and `query` are left out.
   */
  log(): Promise<string>;
  /** Counts the logins of one user since the server's first start. */
  logins(username: string): Promise<Logins>;
  /** Counts the statements of one user. */
  statements(username: string): Promise<number>;
  /** Opens a session of root over the Unix socket: requirements of TLS and hosts do not apply there. */
  connect(database?: string): Promise<Connection>;
  /** Runs one statement as root in a new session; `values` replace its question marks. */
  query(statement: string, values?: unknown[]): Promise<RowDataPacket[]>;
  /** Restarts the server with the same data on the same port. All sessions end. */
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
  // The server runs init_file before it accepts connections.
  await writeFor(account, initFile, `${product.setRootPassword(password)};\n`);
  const process = (...more: string[]): ProcessOptions => ({
    command: (port) => [...program.command, `--defaults-file=${optionsFile}`, `--port=${port}`, ...more],
    account,
    folder,
    // Both products write this when they listen: MySQL on one line, MariaDB on two.
    isReady: (output) => /: ready for connections\.\s+Version: /.test(output),
  });
  let server = await startOnFreePort(process(`--init-file=${initFile}`));
  cleanUp.defer(() => server.stop("SIGKILL"));
  await rm(initFile);

  const connect = async (database?: string) => {
    const socketPath = join(folder, "server.sock");
    const session = await createConnection({ socketPath, user: "root", password, database });
    // Without a listener, the end of a session by the server (restart, dispose) would be an uncaught error.
    session.on("error", () => {});
    await session.query("SET SESSION sql_log_off = ON, SESSION long_query_time = 31536000");
    return session;
  };
  const query = async (statement: string, values?: unknown[]) => {
    await using session = await connect();
    const [rows] = await session.query<RowDataPacket[]>(statement, values);
    // A statement without a result set returns a summary instead of rows.
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
      // A connection has the command Connect until the server waits for its first statement, and while the server closes it.
      const isChanging = ({ User, Command }: RowDataPacket) => User === username && Command === "Connect";
      let connections = await query("SHOW PROCESSLIST");
      for (let tries = 0; tries < 100 && connections.some(isChanging); tries++) {
        await wait(10);
        connections = await query("SHOW PROCESSLIST");
      }
      const sessions = connections.filter(({ Command }) => Command !== "Connect").map(({ Id }) => Number(Id));
      // The log is read after the list: a session that is missing in the list has its last row in the log.
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
