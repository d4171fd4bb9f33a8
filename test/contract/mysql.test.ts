import { mysql } from "../../functions/mysql/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { CONTRACT_SERVERS } from "./servers.ts";

engineContract(mysql, CONTRACT_SERVERS.mysql);
