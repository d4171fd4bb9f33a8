import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FunctionBudget, readBudget } from "../../bench/budgets.ts";
import { FUNCTIONS } from "../../bench/functions.ts";
import { codeSize } from "../../bench/measures/bundle.ts";
import { kilobytes } from "../../bench/report/section.ts";
import { differences, growth } from "./growth.ts";
import { REMEDY } from "./hold.ts";

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
  it("is allowed up to 5 %, and refused one byte above", () => {
    expect(growth(105_000, BUDGET)).toEqual([]);
    expect(growth(105_001, BUDGET)).toEqual(["zippedBytes: 105001, budget 100000"]);
    expect(growth(1, BUDGET)).toEqual([]);
    expect(growth(Number.NaN, BUDGET)).toHaveLength(1);
  });
});

describe("differences", () => {
  it.each(Object.entries(COUNTS))("of %s appear in the first rotation and in the next one", (name, count) => {
    const twentieth = Math.floor(count / 20);
    expect(differences({ first: { ...COUNTS, [name]: count + twentieth }, next: COUNTS }, BUDGET)).toEqual(
      [],
    );
    for (const value of [count + twentieth + 1, count - twentieth - 1, Number.NaN]) {
      const said = `${name}: ${value}, budget ${count}`;
      const other = { ...COUNTS, [name]: value };
      expect(differences({ ...BUDGET, first: other }, BUDGET)).toEqual([`first.${said}`]);
      expect(differences({ ...BUDGET, next: other }, BUDGET)).toEqual([`next.${said}`]);
    }
  });

  it("are empty for equal counts, and name every count if nothing was counted", () => {
    expect(differences(BUDGET, BUDGET)).toEqual([]);
    const nothing = { ...COUNTS, apiCalls: 0, sequentialApiRoundTrips: 0, logins: 0, sqlStatements: 0 };
    expect(differences({ first: nothing, next: COUNTS }, BUDGET)).toHaveLength(4);
  });
});

describe.each(FUNCTIONS)("$name", ({ name }) => {
  it("is not larger than its size limit", async () => {
    const budget = readBudget()[name];
    if (budget === undefined) throw new Error("There is no budget of it.");
    const { zipped } = await codeSize(join(import.meta.dirname, "../../dist", name));
    expect(growth(zipped, budget), REMEDY).toEqual([]);
  });
});

describe("bench/budgets/", () => {
  const page = readFileSync(join(import.meta.dirname, "../../BENCHMARKS.md"), "utf8");
  const section = (title: string) => page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
  const rows = (title: string) =>
    section(title)
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.replace(/<sub>.*<\/sub>/, "").trim()));
  const budget = readBudget();

  it("has limits for every function", () => {
    expect(Object.keys(budget)).toEqual(FUNCTIONS.map(({ name }) => name));
    expect(published.length).toBeGreaterThanOrEqual(6);
  });

  // Engines that a fork has added are not in our page.
  const published = Object.entries(budget).filter(([name]) => section("Bundle").includes(`| ${name} |`));

  it.each(published)("has the same numbers for %s as BENCHMARKS.md", (name, { zippedBytes, first, next }) => {
    const size = section("Bundle")
      .split("\n")
      .find((line) => line.startsWith(`| ${name} |`));
    expect(size?.split("|")[2]).toContain(`<sub>${kilobytes(zippedBytes)}</sub>`);

    const trips = rows("Round trips");
    const at = trips.findIndex((cells) => cells[1] === name);
    const [firstRow, nextRow] = trips.slice(at, at + 2).map((cells) => cells.slice(2, -1));
    expect(firstRow).toEqual(["first", ...Object.values(first).map(String)]);
    expect(nextRow).toEqual(["next", ...Object.values(next).map(String)]);
  });
});
