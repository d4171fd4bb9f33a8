import type { ServerOptions } from "../mysql-family/options.ts";
import { type Server, startServer } from "../mysql-family/server.ts";
import { MARIADB } from "./product.ts";

export async function startMariadb(options: ServerOptions = {}): Promise<Server> {
  return await startServer(MARIADB, options);
}
