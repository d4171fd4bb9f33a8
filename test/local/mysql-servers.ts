import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { MARIADB } from "../../local/servers/mariadb/product.ts";
import { startMariadb } from "../../local/servers/mariadb/server.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { MYSQL } from "../../local/servers/mysql/product.ts";
import { startMysql } from "../../local/servers/mysql/server.ts";
import { isAvailable } from "../available-servers.ts";

const SERVERS = [
  { product: MYSQL, start: startMysql, startDatabase: startMysqlDatabase },
  { product: MARIADB, start: startMariadb, startDatabase: startMariadbDatabase },
];

/**
 * Both products, fetched. `available` is false if a product is neither installed nor can be fetched, which is a failure
 * in CI.
 */
export async function mysqlServers() {
  const servers = SERVERS.map(async (server) => ({
    ...server,
    name: server.product.name,
    available: await isAvailable(server.product),
  }));
  return await Promise.all(servers);
}
