import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cell, Table } from "../../bench/report/section.ts";

export const ROOT = join(import.meta.dirname, "../..");
export const PAGE = readFileSync(join(ROOT, "BENCHMARKS.md"), "utf8");

/** A section of a page, and its first table. */
export interface PageSection {
  readonly title: string;
  readonly text: string;
  readonly table: Table;
}

/** The sections of a Markdown page that have a table. */
export function sectionsOf(page: string): PageSection[] {
  return page
    .split(/^## /m)
    .map((part) => {
      const [title = ""] = part.split("\n");
      return { title, text: part.slice(title.length).trim(), table: tableIn(part) };
    })
    .filter(({ table }) => table.head.length > 0);
}

/** Reads a Markdown table as the report writes it. */
export function tableIn(text: string): Table {
  const [head = [], , ...rows] = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cellFrom(cell.trim())),
    );
  return { head: head.map(({ main }) => main), rows };
}

function cellFrom(text: string): Cell {
  const [, main = "", small] = /^(.*?)(?: ?<sub>(.*)<\/sub>)?$/.exec(text) ?? [];
  return small === undefined ? { main } : { main, small };
}
