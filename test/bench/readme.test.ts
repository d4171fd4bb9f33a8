import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ASSUMED } from "../../bench/fleet/assumptions.ts";
import { FLEET, type FleetRun, FOR_THE_README } from "../../bench/fleet/measure.ts";
import { README, withFleets } from "../../bench/report/readme.ts";

const readme = readFileSync(README, "utf8");
const page = readFileSync(join(import.meta.dirname, "../../BENCHMARKS.md"), "utf8");
const rowsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.replace(/<sub>.*<\/sub>/, "").trim()),
    );
const between = /<!-- fleet: .* -->\n([\s\S]*)<!-- \/fleet -->/.exec(readme)?.[1] ?? "";

describe("the fleets in the README", () => {
  const [, , ...told] = rowsOf(between);
  const measured = rowsOf(page.split(/^## /m).find((part) => part.startsWith("Fleet\n")) ?? "");

  it.each(told)("begin %s as BENCHMARKS.md says", (begin, ...cells) => {
    const row = measured.find(([secrets, scenario]) => secrets === String(FLEET) && scenario === begin);
    expect(row).toEqual(expect.arrayContaining(cells));
  });

  it("exist and contain numbers", () => {
    expect(told.length).toBeGreaterThan(3);
    for (const [, time] of told) expect(time).toMatch(/^(?:\d\.\d{3}|not all)$/);
  });
});

describe("writing them", () => {
  const run = (scenario: string, rotated = FLEET): FleetRun => ({
    scenario,
    assumptions: ASSUMED,
    ratio: 1.0624,
    outcome: {
      seconds: 425,
      rotated,
      waiting: FLEET - rotated,
      half: 0,
      lost: 0,
      gaps: { p50: 0.46, p99: 12.4, max: 84.4 },
      writes: 20_000,
      throttledCalls: 0,
      retriedCalls: 0,
      retriedRotations: 0,
      invocations: 0,
      refusedInvocations: 0,
      processes: 0,
    },
  });
  const others = FOR_THE_README.slice(1).map((scenario) => run(scenario));

  it("leaves the rest of the page unchanged", () => {
    const [first = ""] = FOR_THE_README;
    const text = withFleets(readme, [run(first, FLEET - 7), ...others]);
    expect(text).toContain(`| ${first} | not all | 0.5, 12, 84 s | 7 |`);
    expect(text.split("<!-- fleet:")[0]).toBe(readme.split("<!-- fleet:")[0]);
    expect(text.split("<!-- /fleet -->")[1]).toBe(readme.split("<!-- /fleet -->")[1]);
    expect(withFleets(text, [run(first, FLEET - 7), ...others])).toBe(text);
  });

  it("fails if the page has no place for them, or one of them is missing", () => {
    expect(() => withFleets("# Another page", others)).toThrow("has lost the comments");
    expect(() => withFleets(readme, others)).toThrow("no measurement of a fleet that begins spread");
  });
});
