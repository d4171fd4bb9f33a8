import { installFromCommandLine } from "../mysql-family/install.ts";
import { MARIADB } from "./product.ts";

await installFromCommandLine(MARIADB);
