import { runCommand } from "../local/command-line.ts";
import { describe, rescue } from "./command.ts";

await runCommand((args) => rescue(args, process), describe);
