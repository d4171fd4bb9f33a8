import { installFromCommandLine } from "../find-program.ts";
import { MYSQL } from "./product.ts";

await installFromCommandLine(MYSQL);
