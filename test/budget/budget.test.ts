import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FunctionBudget, readBudget } from "../../bench/budget.ts";
import { FUNCTIONS } from "../../bench/functions.ts";
import { kilobytes } from "../../bench/report/section.ts";
import { growth } from "./growth.ts";

const COUNTS = {
  apiCalls: 20,
  failedApiCalls: 0,
  sequentialApiRoundTrips: 20,
  logins: 20,
  rejectedLogins: 0,
  sqlStatements: 40,
};
const BUDGET: FunctionBudget = { zippedBytes: 100_000, first: COUNTS, next: COUNTS };

describe("growth", () => {
  it("is allowed up to a twentieth, and not a byte further", () => {
    expect(growth({ ...BUDGET, zippedBytes: 105_000 }, BUDGET)).toEqual([]);
    expect(growth({ ...BUDGET, zippedBytes: 105_001 }, BUDGET)).toEqual([
      "zippedBytes: 105001, budget 100000",
    ]);
    expect(growth({ ...BUDGET, zippedBytes: 1 }, BUDGET)).toEqual([]);
  });

  it.each(Object.entries(COUNTS))("of %s shows in the first rotation and in the next", (name, count) => {
    const grown = { ...COUNTS, [name]: Math.floor(count * 1.05) + 1 };
    const said = `${name}: ${Math.floor(count * 1.05) + 1}, budget ${count}`;
    expect(growth({ ...BUDGET, first: grown }, BUDGET)).toEqual([`first.${said}`]);
    expect(growth({ ...BUDGET, next: grown }, BUDGET)).toEqual([`next.${said}`]);
  });

  it("is not hidden by what could not be measured", () => {
    expect(growth({ ...BUDGET, zippedBytes: Number.NaN }, BUDGET)).toHaveLength(1);
    expect(growth({ ...BUDGET, first: { ...COUNTS, logins: Number.NaN } }, BUDGET)).toHaveLength(1);
  });
});

describe("bench/budget.json", () => {
  const page = readFileSync(join(import.meta.dirname, "../../BENCHMARKS.md"), "utf8");
  const section = (title: string) => page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
  const rows = (title: string) =>
    section(title)
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.replace(/<sub>.*<\/sub>/, "").trim()));
  const budget = readBudget();

  it("is about every function", () => {
    expect(Object.keys(budget)).toEqual(FUNCTIONS.map(({ name }) => name));
  });

  it.each(Object.entries(budget))(
    "says of %s what BENCHMARKS.md says",
    (name, { zippedBytes, first, next }) => {
      const size = section("Bundle")
        .split("\n")
        .find((line) => line.startsWith(`| ${name} |`));
      expect(size?.split("|")[2]).toContain(`<sub>${kilobytes(zippedBytes)}</sub>`);

      const trips = rows("Round trips");
      const at = trips.findIndex((cells) => cells[1] === name);
      const [firstRow, nextRow] = trips.slice(at, at + 2).map((cells) => cells.slice(2, -1));
      expect(firstRow).toEqual(["first", ...Object.values(first).map(String)]);
      expect(nextRow).toEqual(["next", ...Object.values(next).map(String)]);
    },
  );
});
