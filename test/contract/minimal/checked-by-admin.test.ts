import { engineContract } from "../engine-contract.ts";
import { startContractServer } from "../postgres-server.ts";
import { checkedByAdmin } from "./checked-by-admin.ts";

// What compares two users. The rest of this engine is PostgreSQL's, which has a contract of its own.
engineContract(checkedByAdmin, startContractServer, {}, /^(differences|rotation): (?!.*single-user)/);
