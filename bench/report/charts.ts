import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AT_ONCE, SPREAD } from "../fleet/measure.ts";
import { DATABASE, ONCE_COLD, ONCE_COLD_SMALL } from "./beside-aws.ts";
import { type Bar, barChart, type Group } from "./chart/bars.ts";
import { lineChart } from "./chart/lines.ts";
import { CALLS, IN_SEQUENCE, TEMPLATE } from "./counts.ts";
import { SECRETS, START, TIME } from "./fleet.ts";
import type { Cell, Section, Table } from "./section.ts";
import { OURS, PLAIN, READY } from "./start-and-memory.ts";

/** Path from the root of the repository. */
export const CHARTS_FOLDER = "docs/charts";

/** A chart of a column of a section's table. The numbers come from the table. */
export interface Chart {
  readonly file: string;
  readonly title: string;
  /** The title of the section. */
  readonly section: string;
  readonly draw: (title: string, table: Table) => string;
}

const EMPTY_HANDLER = "empty handler";

export const CHARTS: readonly Chart[] = [
  {
    file: "cold-start.svg",
    title: "Cold start until the function is ready",
    section: "Cold start",
    draw: (title, table) => {
      const groups = byFunction(table).map(({ name, rows }) => ({
        name,
        bars: rows.map((row) => ratioOf(cellOf(table, row, READY))).filter(isNumber),
      }));
      return barChart({ title, unit: "Empty handler = 1", series: [OURS, PLAIN] }, groups);
    },
  },
  {
    file: "round-trips.svg",
    title: "Calls to Secrets Manager in one rotation",
    section: "Round trips",
    draw: (title, table) => {
      const theirs = String(TEMPLATE.calls);
      const ours = byFunction(table).flatMap(({ name, rows: [, next] }) =>
        next
          ? [{ name, counts: [CALLS, IN_SEQUENCE].map((column) => cellOf(table, next, column).main) }]
          : [],
      );
      const groups = [...ours, { name: "AWS's templates", counts: [theirs, theirs] }].map(
        ({ name, counts }) => ({
          name,
          bars: counts.map((count) => ({ value: Number(count), label: count })),
        }),
      );
      return barChart({ title, unit: "Calls", series: ["all calls", "calls in sequence"] }, groups);
    },
  },
  {
    file: "beside-aws.svg",
    title: "A rotation beside AWS's templates",
    section: "Beside AWS's templates",
    draw: (title, table) => besideAws(title, table, ONCE_COLD, "whole processor, no added latency", true),
  },
  {
    file: "beside-aws-256-mb.svg",
    title: "A rotation beside AWS's templates, with the processor of 256 MB",
    section: "Beside AWS's templates",
    draw: (title, table) => besideAws(title, table, ONCE_COLD_SMALL, "5 ms more for each round trip", false),
  },
  {
    file: "fleet.svg",
    title: "Time to rotate many secrets",
    section: "Fleet",
    draw: (title, table) => {
      const curves = [SPREAD, AT_ONCE].map((pattern) =>
        table.rows
          .filter((row) => cellOf(table, row, START).main === pattern)
          .map((row) => {
            const { value, label } = ratioOf(cellOf(table, row, TIME));
            return { x: Number(cellOf(table, row, SECRETS).main), value, label };
          })
          .filter(isNumber)
          .map(({ x, value, label }) => ({ x, y: value, label })),
      );
      const limit = { y: 1, name: "the least that AWS's quota of writes allows" };
      return lineChart(
        { title, unit: "Quota of writes = 1", series: [SPREAD, AT_ONCE], xAxis: "secrets", limit },
        curves,
      );
    },
  },
];

/** Draws the charts of the sections into the folder docs/charts of the repository `root`. */
export function writeCharts(sections: readonly Section[], root: string): void {
  const folder = join(root, CHARTS_FOLDER);
  mkdirSync(folder, { recursive: true });
  for (const { file, title, section, draw } of CHARTS) {
    const table = sections.find((one) => one.title === section)?.table;
    if (table) writeFileSync(join(folder, file), draw(title, table));
  }
}

function besideAws(title: string, table: Table, column: string, how: string, withEmpty: boolean): string {
  const bars = (times: readonly string[]) =>
    times.map((time) => ({ value: Number.parseFloat(time), label: time }));
  const groups: Group[] = byFunction(table).flatMap(({ name, rows }) =>
    rows.flatMap((row) => {
      const times = cellOf(table, row, column).small?.split(" : ") ?? [];
      const empty = cellOf(table, row, EMPTY_HANDLER).small;
      if (times.length === 0) return []; // AWS's template fails in this database.
      const database = cellOf(table, row, DATABASE).main;
      return [{ name, detail: database, bars: bars(withEmpty && empty ? [...times, empty] : times) }];
    }),
  );
  const series = [OURS, "AWS's template", ...(withEmpty ? [EMPTY_HANDLER] : [])];
  return barChart({ title, unit: `Milliseconds; once cold, ${how}`, series }, groups);
}

/** @returns NaN if the cell has no ratio: nothing was measured, or some secrets of a fleet were not rotated */
function ratioOf({ main, small }: Cell): Bar {
  return { value: small === undefined ? Number.NaN : Number(main), label: `${main} (${small})` };
}

function isNumber({ value }: { readonly value: number }): boolean {
  return !Number.isNaN(value);
}

/** Groups the rows by function. Only the first row of a function has its name. */
function byFunction({ rows }: Table): { name: string; rows: Table["rows"] }[] {
  const functions: { name: string; rows: Table["rows"] }[] = [];
  for (const row of rows) {
    const [first = ""] = row;
    const name = textOf(first).main;
    const last = functions.at(-1);
    if (name === "" && last) last.rows = [...last.rows, row];
    else functions.push({ name, rows: [row] });
  }
  return functions;
}

function cellOf({ head }: Table, row: Table["rows"][number], column: string): Cell {
  return textOf(row[head.indexOf(column)] ?? "");
}

function textOf(cell: Cell | string): Cell {
  return typeof cell === "string" ? { main: cell } : cell;
}
