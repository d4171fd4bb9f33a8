import { mariadb } from "../../functions/mariadb/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { CONTRACT_SERVERS } from "./servers.ts";

engineContract(mariadb, CONTRACT_SERVERS.mariadb);
