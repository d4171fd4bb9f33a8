import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runAs } from "../run.ts";
import { type Account, writeFor } from "../service-account.ts";
import { withPidFile } from "../work-folder.ts";
import type { Programs } from "./programs.ts";

/** What a new server is to be like. */
export type ClusterOptions = {
  /** Server parameters (postgresql.conf); these win over ours. */
  settings?: Record<string, string>;
  /** The server's certificate and key as PEM. Without one the server speaks no TLS. */
  tls?: { certificate: string; key: string } | false;
  /** With `tls`: also accept connections without it (`host` instead of `hostssl` in pg_hba.conf). */
  plainConnections?: boolean;
  /** Lines of pg_hba.conf that are tried before ours: the first that matches a connection decides. */
  accessRules?: string[];
};

/**
 * Durability is for data that outlives the test. The log says who logged in, in a form that logins.ts reads: SQLSTATE,
 * user and database follow the time and the process id, between tabs, because a user name may hold a space.
 */
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  // In files of the data folder, which are removed with it; segments in /dev/shm would outlive a killed server.
  dynamic_shared_memory_type: "mmap",
  listen_addresses: "127.0.0.1",
  log_connections: "on",
  log_disconnections: "on",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] %e\t%u\t%d\t",
};

/**
 * Creates the data folder (`data` below `folder`) of a server that isn't running yet. The superuser is `postgres`.
 * The password travels in a file that only the account may read: every user of the machine can read a command line.
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
  const passwordFile = join(folder, "password");
  await writeFor(account, passwordFile, options.password);
  // Flushing the new files to disk would take five times as long as writing them.
  const parameters = ["--pgdata", data, "--no-sync", "--locale=C", "--encoding=UTF8", "--auth=scram-sha-256"];
  const superuser = ["--username=postgres", `--pwfile=${passwordFile}`];
  await runAs(account, withPidFile(folder, [programs.initdb, ...parameters, ...superuser]));
  await rm(passwordFile);

  const certificateFile = join(folder, "server.crt");
  const keyFile = join(folder, "server.key");
  if (options.tls) {
    await writeFor(account, certificateFile, options.tls.certificate);
    await writeFor(account, keyFile, options.tls.key);
  }
  const tls = options.tls ? { ssl: "on", ssl_cert_file: certificateFile, ssl_key_file: keyFile } : {};
  const settings = { ...SETTINGS, unix_socket_directories: folder, ...tls, ...options.settings };
  // Both files exist since initdb, and belong to the account.
  await appendFile(join(data, "postgresql.conf"), Object.entries(settings).map(setting).join(""));
  await writeFile(join(data, "pg_hba.conf"), accessRules(options).join("\n").concat("\n"));
}

function setting([name, value]: [string, string]): string {
  return `${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'\n`;
}

/** The superuser's helper comes over the Unix socket: it needs neither TLS nor a rule that would open TCP for him. */
function accessRules(options: ClusterOptions): string[] {
  const transport = options.tls && !options.plainConnections ? "hostssl" : "host";
  return [
    "local all postgres scram-sha-256",
    ...(options.accessRules ?? []),
    `${transport} all all 127.0.0.1/32 scram-sha-256`,
  ];
}
