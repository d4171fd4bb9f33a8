import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FLEET, ON_SCALING_PAGE } from "../../bench/fleet/measure.ts";
import { SCALING_PAGE, withFleets } from "../../bench/report/scaling-page.ts";
import type { Table } from "../../bench/report/section.ts";
import { PAGE, sectionsOf, tableIn } from "./page.ts";
import { fleetRun } from "./whole-results.ts";

const page = readFileSync(SCALING_PAGE, "utf8");
const textsOf = (table: Table | undefined) =>
  (table?.rows ?? []).map((row) => row.map((cell) => (typeof cell === "string" ? cell : cell.main)));
const [between = ""] = /<!-- fleet: .* -->\n[\s\S]*<!-- \/fleet -->/.exec(page) ?? [];

describe("the fleets in docs/scaling.md", () => {
  const fleets = textsOf(tableIn(between));
  const measured = textsOf(sectionsOf(PAGE).find(({ title }) => title === "Fleet")?.table);

  it.each(fleets)("have the numbers of BENCHMARKS.md if they start %s", (start, ...cells) => {
    const row = measured.find(([secrets, scenario]) => secrets === String(FLEET) && scenario === start);
    expect(row).toEqual(expect.arrayContaining(cells));
  });

  it("are those that the bench writes", () => {
    expect(fleets.map(([start]) => start)).toEqual(ON_SCALING_PAGE);
    for (const [, time] of fleets) expect(time).toMatch(/^(?:\d\.\d{3}|not all)$/);
  });
});

describe("withFleets", () => {
  const [first = ""] = ON_SCALING_PAGE;
  const others = ON_SCALING_PAGE.slice(1).map((scenario) => fleetRun(scenario));

  it("changes nothing outside of the two comments", () => {
    const runs = [fleetRun(first, FLEET, 7), ...others];
    const text = withFleets(page, runs);
    expect(text).toContain(`| ${first} | not all | 0.5, 12, 84 s | 7 |`);
    expect(text.split("<!-- fleet:")[0]).toBe(page.split("<!-- fleet:")[0]);
    expect(text.split("<!-- /fleet -->")[1]).toBe(page.split("<!-- /fleet -->")[1]);
    expect(withFleets(text, runs)).toBe(text);
  });

  it("fails if the page has no comments for them, or a fleet was not measured", () => {
    expect(() => withFleets("# Another page", others)).toThrow("has no comments");
    expect(() => withFleets(page, others)).toThrow(`needs the fleet "${first}", which was not measured`);
  });
});
