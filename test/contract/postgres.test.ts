import { postgres } from "../../functions/postgres/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { startContractServer } from "./postgres-server.ts";

engineContract(postgres, startContractServer);
