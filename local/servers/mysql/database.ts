import { type ServedDatabase, startDatabase } from "../mysql-family/database.ts";
import type { ServerOptions } from "../mysql-family/options.ts";
import { MYSQL } from "./product.ts";

/** A MySQL server with TLS, and an authority for its certificate that nobody else knows. */
export async function startMysqlDatabase(options: ServerOptions = {}): Promise<ServedDatabase> {
  const database = await startDatabase(
    MYSQL,
    ({ host, port, caFile }) =>
      `mysql --protocol=TCP --host=${host} --port=${port} --ssl-mode=VERIFY_IDENTITY --ssl-ca=${caFile}`,
    options,
  );
  return {
    ...database,
    letKeepOldPassword: async (username) => {
      await database.server.query("GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ?@'%'", [username]);
    },
  };
}
