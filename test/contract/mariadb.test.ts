import { mariadb } from "../../functions/mariadb/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { startContractServer } from "./mariadb-server.ts";

engineContract(mariadb, startContractServer, {
  "users who see what others may do to them":
    "a user sees no grant into its own account; setSecret, as the admin user, refuses and names it",
});
