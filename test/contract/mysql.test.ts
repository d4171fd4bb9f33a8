import { mysql } from "../../functions/mysql/engine.ts";
import { engineContract } from "./engine-contract.ts";
import { CONTRACT_SERVERS } from "./servers.ts";

engineContract(mysql, CONTRACT_SERVERS.mysql, {
  "users who see what others may do to them":
    "a user sees no grant into its own account; setSecret, as the admin user, refuses and names it",
});
