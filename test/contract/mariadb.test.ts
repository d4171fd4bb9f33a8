import { mariadb } from "../../functions/mariadb/engine.ts";
import { startMariadbDatabase } from "../../local/mariadb/database.ts";
import { engineContract } from "./engine-contract.ts";
import { contractServer } from "./mysql-family-server.ts";

const suite = process.env.MARIADB_SUITE;

// The server has room for 128 characters; a marker role's name takes 18 of them.
engineContract(mariadb, async (options) =>
  contractServer(await startMariadbDatabase({ ...options, ...(suite && { suite }) }), "global_priv", 110),
);
