import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FLEET, type FleetRun, FOR_THE_README } from "../fleet/measure.ts";
import { present, type Results } from "../results.ts";
import { GAP, gapOf, LEFT, leftOf, timeOf } from "./fleet.ts";

export const README = join(import.meta.dirname, "../../docs/scaling.md");
const BETWEEN = /(<!-- fleet: .* -->\n)[\s\S]*?(<!-- \/fleet -->)/;

/** Puts the fleets that the README tells of between its two comments. */
export function writeReadme(results: Results): void {
  writeFileSync(README, withFleets(readFileSync(README, "utf8"), present(results.fleet) ?? []));
}

/** @throws if the text has no place for them, or one of them was not measured. */
export function withFleets(text: string, runs: readonly FleetRun[]): string {
  if (!BETWEEN.test(text))
    throw new Error("docs/scaling.md has lost the comments that the fleets go between.");
  const rows = FOR_THE_README.map((scenario) => {
    const run = runs.find((one) => one.scenario === scenario && one.assumptions.secrets === FLEET);
    if (run === undefined) throw new Error(`There is no measurement of a fleet that begins ${scenario}.`);
    const time = timeOf(run);
    return [scenario, typeof time === "string" ? time : time.main, gapOf(run), leftOf(run)];
  });
  const table = [["begin", "time", GAP, LEFT], ["---", "---", "---", "---"], ...rows];
  const lines = table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return text.replace(BETWEEN, (_, begin, end) => `${begin}\n${lines}\n\n${end}`);
}
