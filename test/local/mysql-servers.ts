import { startMariadbDatabase } from "../../local/mariadb/database.ts";
import { MARIADB } from "../../local/mariadb/product.ts";
import { startMariadb } from "../../local/mariadb/server.ts";
import { startMysqlDatabase } from "../../local/mysql/database.ts";
import { MYSQL } from "../../local/mysql/product.ts";
import { startMysql } from "../../local/mysql/server.ts";
import { findPrograms, NoServer } from "../../local/mysql-family/find-programs.ts";
import type { Product } from "../../local/mysql-family/product.ts";

const SERVERS = [
  { product: MYSQL, start: startMysql, startDatabase: startMysqlDatabase },
  { product: MARIADB, start: startMariadb, startDatabase: startMariadbDatabase },
];

/** Both products, fetched; `available` is false where they can't be had. That is a failure in CI. */
export async function mysqlServers() {
  const servers = SERVERS.map(async (server) => ({
    ...server,
    name: server.product.name,
    available: await isAvailable(server.product),
  }));
  return await Promise.all(servers);
}

async function isAvailable(product: Product): Promise<boolean> {
  try {
    await findPrograms(product);
    return true;
  } catch (error) {
    if (!(error instanceof NoServer) || process.env.CI === "true") throw error;
    process.stderr.write(`SKIPPED: ${error.message}\n`);
    return false;
  }
}
