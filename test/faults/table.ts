import type { DatabaseResult } from "./database/matrix.ts";
import type { Result } from "./results.ts";
import type { Row } from "./rows.ts";

const HEADINGS = ["engine", "strategy", "points", "tried", "converged", "lockouts", "wrong promotions"];

function rows(results: readonly Result[]): string[][] {
  return results.map(({ engine, strategy, points, tried, converged, lockouts, wrongPromotions }) => [
    engine,
    strategy,
    ...[points, tried, converged, lockouts, wrongPromotions].map(String),
  ]);
}

/** For people at a terminal. */
export function table(results: readonly Result[]): string {
  return aligned([HEADINGS, ...rows(results)]);
}

/** What happened to the database from outside, and who made good what it did. */
export function databaseTable(results: readonly DatabaseResult[]): string {
  const headings = [...HEADINGS.slice(0, 4), "by itself", "as told", ...HEADINGS.slice(5)];
  const cells = results.map(({ engine, strategy, failures: _, ...counts }) => [
    engine,
    strategy,
    ...Object.values(counts).map(String),
  ]);
  return aligned([headings, ...cells]);
}

export function rowTable(rows: readonly Row[]): string {
  const headings = ["engine", "strategy", "tried", ...Object.keys(rows[0]?.counts ?? {})];
  const cells = rows.map(({ engine, strategy, tried, counts }) => [
    engine,
    strategy,
    ...[tried, ...Object.values(counts)].map(String),
  ]);
  return aligned([headings, ...cells]);
}

function aligned(all: readonly string[][]): string {
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const text = (row: string[]) =>
    row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return all.map((row) => text(row).join("  ").trimEnd()).join("\n");
}

export function markdownTable(results: readonly Result[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = HEADINGS.map((_, column) => (column < 2 ? "---" : "---:"));
  return [line(HEADINGS), line(rule), ...rows(results).map(line)].join("\n");
}

/** Whether nothing went wrong. */
export function isClean({ failures }: Pick<Result, "failures">): boolean {
  return failures.length === 0;
}
