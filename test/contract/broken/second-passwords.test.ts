import { describe } from "vitest";
import { mysql } from "../../../functions/mysql/engine.ts";
import { MYSQL } from "../../../local/servers/mysql/product.ts";
import { isAvailable } from "../../available-servers.ts";
import { startContractServer } from "../mysql-server.ts";
import { contractFinds } from "./mutants.ts";
import { BROKEN_SECOND_PASSWORDS } from "./second-passwords.ts";

describe.skipIf(!(await isAvailable(MYSQL)))("second passwords", () => {
  contractFinds(mysql, startContractServer, BROKEN_SECOND_PASSWORDS);
});
