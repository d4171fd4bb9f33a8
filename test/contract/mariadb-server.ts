import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import type { StartContractServer } from "./contract-server.ts";
import { contractServer } from "./mysql-family-server.ts";

/** The server has room for names of 128 characters; a marker role's name takes 18 of them. */
export const mariadbContractServer = (database: ServedDatabase) =>
  contractServer(database, "global_priv", 110);

export const startContractServer: StartContractServer = async (options) =>
  mariadbContractServer(await startMariadbDatabase(options));
