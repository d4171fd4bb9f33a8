import { mysql } from "../../functions/mysql/engine.ts";
import { startMysqlDatabase } from "../../local/mysql/database.ts";
import { engineContract } from "./engine-contract.ts";
import { contractServer } from "./mysql-family-server.ts";

engineContract(mysql, async (options) => contractServer(await startMysqlDatabase(options), "user", 32));
