import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import type { StartContractServer } from "./contract-server.ts";
import { contractServer } from "./mysql-family-server.ts";
import { startPostgresContractServer } from "./postgres-server.ts";

const suite = process.env.MARIADB_SUITE;

/** By the name of the engine's folder. */
export const CONTRACT_SERVERS = {
  postgres: startPostgresContractServer,
  mysql: async (options) => contractServer(await startMysqlDatabase(options), "user", 32),
  // The server has room for 128 characters; a marker role's name takes 18 of them.
  mariadb: async (options) =>
    contractServer(await startMariadbDatabase({ ...options, ...(suite && { suite }) }), "global_priv", 110),
} satisfies Record<string, StartContractServer>;

export type EngineName = keyof typeof CONTRACT_SERVERS;
