import { postgres } from "../../functions/postgres/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { startPostgresContractServer } from "./postgres-server.ts";

engineContract(postgres, startPostgresContractServer);
