import { type ServedDatabase, startDatabase } from "../mysql-family/database.ts";
import type { ServerOptions } from "../mysql-family/options.ts";
import { MARIADB } from "./product.ts";

/** A MariaDB server with TLS, and an authority for its certificate that nobody else knows. */
export async function startMariadbDatabase(options: ServerOptions = {}): Promise<ServedDatabase> {
  return await startDatabase(
    MARIADB,
    ({ host, port, caFile }) =>
      `mariadb --protocol=TCP --host=${host} --port=${port} --ssl-verify-server-cert --ssl-ca=${caFile}`,
    options,
  );
}
