import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { split } from "sentence-splitter";
import { describe, expect, it } from "vitest";
import { CHARTS, CHARTS_FOLDER } from "../../bench/report/charts.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { PAGE, ROOT, sectionsOf } from "./page.ts";
import { wholeResults } from "./whole-results.ts";

const sections = sectionsOf(PAGE);
const tableOf = (title: string) => {
  const found = sections.find((one) => one.title === title);
  if (found === undefined) throw new Error(`BENCHMARKS.md has no table in a section "${title}".`);
  return found.table;
};

describe("BENCHMARKS.md", () => {
  it("has the text that the bench writes", () => {
    const [, means = ""] = /256\/1769 of a processor: (.*)\. Lambda gives/.exec(PAGE) ?? [];
    expect(textOf(PAGE)).toBe(textOf(markdown(wholeResults(means))));
  });

  it.each(sections)("begins the section $title with one sentence about its table", ({ text }) => {
    const [first = ""] = text.split("\n\n");
    expect(first).toMatch(/^The table /);
    expect(split(first).filter(({ type }) => type === "Sentence")).toHaveLength(1);
  });

  it.each(tableOf("Targets").rows)("has a target that its peer misses: %j", (...cells) => {
    const [, peer, target] = cells.map((cell) => (typeof cell === "string" ? cell : cell.main));
    const [, limit] = /^≤ ([\d.]+)/.exec(target ?? "") ?? [];
    const [, ofPeer] = /: ([\d.]+)/.exec(peer ?? "") ?? [];
    expect(Number(ofPeer)).toBeGreaterThan(Number(limit));
  });
});

describe("docs/charts", () => {
  it.each(CHARTS)("has $file with the numbers of BENCHMARKS.md", ({ file, title, section, draw }) => {
    expect(readFileSync(join(ROOT, CHARTS_FOLDER, file), "utf8")).toBe(draw(title, tableOf(section)));
    expect(PAGE).toContain(`![${title}](${CHARTS_FOLDER}/${file})`);
  });

  it("has no other file", () => {
    expect(readdirSync(join(ROOT, CHARTS_FOLDER)).toSorted()).toEqual(
      CHARTS.map(({ file }) => file).toSorted(),
    );
  });

  it.each(CHARTS)(
    "shows another number in $file if the table has another one",
    ({ title, section, draw }) => {
      const table = tableOf(section);
      const other = JSON.parse(
        JSON.stringify(table).replace(/(?<="main":")(1\.\d|1)(?=\d)|(?<="small":")\d/g, "3"),
      );
      expect(draw(title, other)).not.toBe(draw(title, table));
    },
  );
});

/** The text of a page without what is measured: numbers, rows of tables, and the machine. */
function textOf(page: string): string {
  return page
    .replace(/^\|(?! ---).*\n(?!\| ---)/gm, "")
    .replace(/^## Measured on[^#]*/m, "")
    .replace(/ run under .*?, in a runtime client/, " run under VERSIONS, in a runtime client")
    .replace(/\d+/g, "0");
}
