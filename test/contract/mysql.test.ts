import { mysql } from "../../functions/mysql/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { startContractServer } from "./mysql-server.ts";

engineContract(mysql, startContractServer, {
  "users who see what others may do to them":
    "a user sees no grant into its own account; setSecret, as the admin user, refuses and names it",
});
