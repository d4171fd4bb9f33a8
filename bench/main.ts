/** Measures all functions: npm run bench */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../local/command-line.ts";
import { interruption } from "../local/interruption.ts";
import { createScreen } from "../local/rotate/screen.ts";
import { writeBudget } from "./budgets.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { writeCharts } from "./report/charts.ts";
import { markdown } from "./report/markdown.ts";
import { writeScalingPage } from "./report/scaling-page.ts";
import { sections } from "./report/sections.ts";
import { printReport } from "./report/terminal.ts";
import { assertWhole, type Results, readResults } from "./results.ts";
import { measure } from "./run.ts";

const ROOT = join(import.meta.dirname, "..");

await runCommand(async (args) => {
  const options = parseOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  return await run(options);
});

async function run(options: Options): Promise<number> {
  // Standard output belongs to the results.
  const screen = createScreen(process.stderr);
  const results = options.from
    ? readResults(options.from)
    : await Promise.race([measure(options, screen), interruption()]);
  if (options.json) writeFileSync(options.json, JSON.stringify(results, undefined, 2));
  printReport(results, process.stdout);
  if (options.budget) {
    writeBudget(results, options.engines);
    screen.line(`Wrote ${options.engines.map((engine) => `bench/budgets/${engine}.json`).join(", ")}`);
  }
  if (options.write) {
    write(results);
    screen.line("Wrote BENCHMARKS.md, docs/charts, bench/budgets and the fleets in docs/scaling.md");
  }
  return 0;
}

function write(results: Results): void {
  assertWhole(results);
  writeBudget(results);
  writeFileSync(join(ROOT, "BENCHMARKS.md"), markdown(results));
  writeCharts(sections(results), ROOT);
  writeScalingPage(results);
}
