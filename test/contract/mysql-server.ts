import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import type { StartContractServer } from "./contract-server.ts";
import { contractServer } from "./mysql-family-server.ts";

export const mysqlContractServer = (database: ServedDatabase) => contractServer(database, "user", 32);

export const startContractServer: StartContractServer = async (options) =>
  mysqlContractServer(await startMysqlDatabase(options));
