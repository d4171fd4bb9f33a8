import type { StartDatabase } from "../../database.ts";
import { type ServedDatabase, startServedDatabase } from "../mysql-family/database.ts";
import type { ServerOptions } from "../mysql-family/options.ts";
import { MARIADB } from "./product.ts";

export const packaged = MARIADB;

/** Ignores logStatements: the server's general log always has every statement. */
export const startDatabase: StartDatabase = ({ logStatements: _, ...options } = {}) =>
  startMariadbDatabase(options);

/** Starts a MariaDB server with TLS. Its certificate is from a new CA. */
export async function startMariadbDatabase(options: ServerOptions = {}): Promise<ServedDatabase> {
  return await startServedDatabase(
    MARIADB,
    ({ host, port, caFile }) =>
      `mariadb --protocol=TCP --host=${host} --port=${port} --ssl-verify-server-cert --ssl-ca=${caFile}`,
    options,
  );
}
