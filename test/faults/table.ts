import type { Result } from "./tally.ts";

const HEADINGS = ["engine", "strategy", "points", "tried", "converged", "lock-outs", "wrong promotions"];

function rows(results: readonly Result[]): string[][] {
  return results.map(({ engine, strategy, points, tried, converged, lockOuts, wrongPromotions }) => [
    engine,
    strategy,
    ...[points, tried, converged, lockOuts, wrongPromotions].map(String),
  ]);
}

/** For people at a terminal. */
export function table(results: readonly Result[]): string {
  const all = [HEADINGS, ...rows(results)];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
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
export function isClean({ failures }: Result): boolean {
  return failures.length === 0;
}
