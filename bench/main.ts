/** Measures all functions: npm run bench */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../local/command-line.ts";
import { Interrupted, interruption } from "../local/rotate/interruption.ts";
import { createScreen } from "../local/rotate/screen.ts";
import { writeBudget } from "./budgets.ts";
import { HELP, parseOptions } from "./options.ts";
import { markdown } from "./report/markdown.ts";
import { writeReadme } from "./report/readme.ts";
import { printReport } from "./report/terminal.ts";
import { run } from "./run.ts";

const PAGE = join(import.meta.dirname, "../BENCHMARKS.md");

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
  } else {
    // Standard output belongs to the results.
    const screen = createScreen(process.stderr);
    const results = await Promise.race([run(options, screen), interruption()]);
    if (options.json) console.log(JSON.stringify(results, undefined, 2));
    else printReport(results, process.stdout);
    if (options.budget) {
      writeBudget(results, options.engines);
      screen.line(`Wrote ${options.engines.map((engine) => `bench/budgets/${engine}.json`).join(", ")}`);
    }
    if (options.write) {
      writeBudget(results);
      writeFileSync(PAGE, markdown(results));
      writeReadme(results);
      screen.line("Wrote BENCHMARKS.md, bench/budgets/ and the fleets in docs/scaling.md");
    }
  }
} catch (error) {
  if (error instanceof Interrupted) process.exit(130); // What was started ends with this process: each has a watchdog.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
