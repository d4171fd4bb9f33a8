import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FLEET, type FleetRun, ON_SCALING_PAGE } from "../fleet/measure.ts";
import { present, type Results } from "../results.ts";
import { NOT_ROTATED, notRotated, START, TIME, timeOf, WINDOW, windowOf } from "./fleet.ts";

export const SCALING_PAGE = join(import.meta.dirname, "../../docs/scaling.md");
const BETWEEN = /(<!-- fleet: .* -->\n)[\s\S]*?(<!-- \/fleet -->)/;

/** Writes the table of docs/scaling.md between its two comments. */
export function writeScalingPage(results: Results): void {
  writeFileSync(SCALING_PAGE, withFleets(readFileSync(SCALING_PAGE, "utf8"), present(results.fleet) ?? []));
}

/** @throws if the text lacks the two comments, or a scenario was not measured */
export function withFleets(text: string, runs: readonly FleetRun[]): string {
  if (!BETWEEN.test(text))
    throw new Error("docs/scaling.md has no comments <!-- fleet: … --> and <!-- /fleet -->. Restore them.");
  const rows = ON_SCALING_PAGE.map((scenario) => {
    const run = runs.find((one) => one.scenario === scenario && one.assumptions.secrets === FLEET);
    if (run === undefined)
      throw new Error(`docs/scaling.md needs the fleet "${scenario}", which was not measured.`);
    const time = timeOf(run);
    return [scenario, typeof time === "string" ? time : time.main, windowOf(run), notRotated(run)];
  });
  const table = [[START, TIME, WINDOW, NOT_ROTATED], ["---", "---", "---", "---"], ...rows];
  const lines = table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return text.replace(BETWEEN, (_, start, end) => `${start}\n${lines}\n\n${end}`);
}
