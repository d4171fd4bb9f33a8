import type { ServerOptions } from "../mysql-family/options.ts";
import { type Server, startServer } from "../mysql-family/server.ts";
import { MYSQL } from "./product.ts";

export async function startMysql(options: ServerOptions = {}): Promise<Server> {
  return await startServer(MYSQL, options);
}
