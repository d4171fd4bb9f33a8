import { join } from "node:path";
import type { Program } from "../packaged.ts";
import { type Account, writeFor } from "../service-account.ts";
import { filesOf } from "./files.ts";
import type { ServerOptions } from "./options.ts";
import type { Product } from "./product.ts";

/** Log files below the server's folder. */
export const GENERAL_LOG = "general.log";
export const SLOW_LOG = "slow.log";

/**
 * Durability is off: no data outlives the test. All logs are on, so that tests can look for passwords in them: every login,
 * every statement, and in the slow query log every statement again.
 */
const SETTINGS = {
  bind_address: "127.0.0.1",
  lc_messages: "en_US",
  innodb_buffer_pool_size: "32M",
  innodb_doublewrite: "OFF",
  innodb_flush_log_at_trx_commit: "0",
  log_output: "FILE",
  general_log: "ON",
  slow_query_log: "ON",
  long_query_time: "0",
};

/** The settings of a new server in `folder`. Writes the certificate there. */
export async function settingsOf(
  options: ServerOptions & {
    product: Product;
    program: Program;
    account: Account | undefined;
    folder: string;
  },
): Promise<Record<string, string>> {
  const { product, program, account, folder, tls } = options;
  return {
    ...SETTINGS,
    ...product.settings,
    ...filesOf(program).settings,
    datadir: join(folder, "data"),
    tmpdir: folder,
    socket: join(folder, "server.sock"),
    pid_file: join(folder, "data", "server.pid"),
    general_log_file: join(folder, GENERAL_LOG),
    slow_query_log_file: join(folder, SLOW_LOG),
    ...(tls ? await withTls(tls, account, folder) : product.settingsWithoutTls),
    ...(tls && !options.plainConnections ? { require_secure_transport: "ON" } : {}),
    ...options.settings,
  };
}

async function withTls(
  tls: { certificate: string; key: string },
  account: Account | undefined,
  folder: string,
): Promise<Record<string, string>> {
  const ssl_cert = join(folder, "server.crt");
  const ssl_key = join(folder, "server.key");
  await writeFor(account, ssl_cert, tls.certificate);
  await writeFor(account, ssl_key, tls.key);
  return { ssl_cert, ssl_key };
}
