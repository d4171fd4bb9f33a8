import { type ServedDatabase, startDatabase } from "../mysql-family/database.ts";
import type { ServerOptions } from "../mysql-family/options.ts";
import { MYSQL } from "./product.ts";

/** A MySQL server with TLS, and an authority for its certificate that nobody else knows. */
export async function startMysqlDatabase(options: ServerOptions = {}): Promise<ServedDatabase> {
  return await startDatabase(
    MYSQL,
    ({ host, port, caFile }) =>
      `mysql --protocol=TCP --host=${host} --port=${port} --ssl-mode=VERIFY_IDENTITY --ssl-ca=${caFile}`,
    options,
  );
}
