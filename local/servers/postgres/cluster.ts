import { appendFile, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { copyFolder } from "../copy-folder.ts";
import { cached } from "../packages/cache.ts";
import { runAs } from "../run.ts";
import { type Account, writeFor } from "../service-account.ts";
import { withPidFile, workFolder } from "../work-folder.ts";
import type { Programs } from "./programs.ts";

/** Options of a new server. */
export type ClusterOptions = {
  /** Server parameters (postgresql.conf). They override the defaults. */
  settings?: Record<string, string>;
  /** The server's certificate and key as PEM. Without one the server speaks no TLS. */
  tls?: { certificate: string; key: string } | false;
  /** With `tls`: also accept connections without it (`host` instead of `hostssl` in pg_hba.conf). */
  plainConnections?: boolean;
  /** Lines of pg_hba.conf before the default ones: the first line that matches a connection decides. */
  accessRules?: string[];
};

/**
 * Durability is off: no data outlives the test. logins.ts parses the prefix of log lines: time, process id, SQLSTATE, user
 * and database. Tabs separate the last three, because a user name may contain a space.
 */
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  // Shared memory in files of the data folder is removed with it. Segments in /dev/shm would outlive a killed server.
  dynamic_shared_memory_type: "mmap",
  listen_addresses: "127.0.0.1",
  log_connections: "on",
  log_disconnections: "on",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] %e\t%u\t%d\t",
};

/**
 * Creates the data folder `data` below `folder`, as a copy: initdb takes a second of the processor. In the original, which
 * stays in the cache, the superuser `postgres` has no password.
 */
export async function createCluster(
  options: ClusterOptions & {
    programs: Programs;
    account: Account | undefined;
    folder: string;
    password: string;
  },
): Promise<void> {
  const { programs, account, folder } = options;
  const data = join(folder, "data");
  copyFolder(account, await original(programs, account), data);
  await chmod(data, 0o700); // The server refuses other permissions.
  // The password goes through standard input: every user of the machine can read a command line.
  const statement = `ALTER ROLE postgres PASSWORD '${options.password}'`;
  await runAs(
    account,
    withPidFile(folder, [programs.postgres, "--single", "-F", "-D", data, "postgres"]),
    statement,
  );

  const certificateFile = join(folder, "server.crt");
  const keyFile = join(folder, "server.key");
  if (options.tls) {
    await writeFor(account, certificateFile, options.tls.certificate);
    await writeFor(account, keyFile, options.tls.key);
  }
  const tls = options.tls ? { ssl: "on", ssl_cert_file: certificateFile, ssl_key_file: keyFile } : {};
  const settings = { ...SETTINGS, unix_socket_directories: folder, ...tls, ...options.settings };
  // initdb has created both files, with the account as their owner.
  await appendFile(join(data, "postgresql.conf"), Object.entries(settings).map(setting).join(""));
  await writeFile(join(data, "pg_hba.conf"), accessRules(options).join("\n").concat("\n"));
}

/** @returns the path of the data folder of which those of all servers of this version are copies. */
async function original(programs: Programs, account: Account | undefined): Promise<string> {
  const version = /[\d.]+/.exec(await runAs(account, [programs.postgres, "--version"]))?.[0];
  return await cached(`postgres-data-${version}`, async (partial) => {
    await using work = await workFolder(account, "postgres");
    const data = join(work.path, "data");
    // --no-sync: flushing the new files to disk takes five times as long as writing them.
    const parameters = ["--pgdata", data, "--no-sync", "--locale=C", "--encoding=UTF8", "--auth=reject"];
    await runAs(account, withPidFile(work.path, [programs.initdb, ...parameters, "--username=postgres"]));
    copyFolder(undefined, data, partial);
  });
}

function setting([name, value]: [string, string]): string {
  return `${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'\n`;
}

/** Sessions of the superuser use the Unix socket: no rule admits the superuser over TCP. */
function accessRules(options: ClusterOptions): string[] {
  const transport = options.tls && !options.plainConnections ? "hostssl" : "host";
  return [
    "local all postgres scram-sha-256",
    ...(options.accessRules ?? []),
    `${transport} all all 127.0.0.1/32 scram-sha-256`,
  ];
}
