import type { StartDatabase } from "../../database.ts";
import { type ServedDatabase, startServedDatabase } from "../mysql-family/database.ts";
import type { ServerOptions } from "../mysql-family/options.ts";
import { MYSQL } from "./product.ts";

export const packaged = MYSQL;

/** Ignores logStatements: the server's general log always has every statement. */
export const startDatabase: StartDatabase = ({ logStatements: _, ...options } = {}) =>
  startMysqlDatabase(options);

/** Starts a MySQL server with TLS. Its certificate is from a new CA. */
export async function startMysqlDatabase(options: ServerOptions = {}): Promise<ServedDatabase> {
  const database = await startServedDatabase(
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
