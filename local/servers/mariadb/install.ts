import { installFromCommandLine } from "../find-program.ts";
import { MARIADB } from "./product.ts";

await installFromCommandLine(MARIADB);
