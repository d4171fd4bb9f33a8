import { installFromCommandLine } from "../mysql-family/install.ts";
import { MYSQL } from "./product.ts";

await installFromCommandLine(MYSQL);
