import { REASONS } from "../../shared/report/errors.ts";
import type { Report } from "./campaign.ts";

/** How often a whole campaign must end with each reason, to have tried what leads to it. */
const OFTEN = 50;
/** From this many cases on it is a whole one. */
export const WHOLE = 20_000;
/** Of the cases that are to reach the code behind the checks of the input. */
const HALF = 0.5;

/** Mistakes made on purpose that a whole campaign must have seen. */
const MISTAKES = 40;

const MOST_FINDINGS = 40;

/** What the numbers themselves say against a campaign. */
export function shortcomings({ areas, reasons, mutants }: Report): string[] {
  const cases = areas.reduce((sum, area) => sum + area.cases, 0);
  const behind = areas.reduce((sum, area) => sum + area.behind, 0);
  const few = REASONS.filter((reason) => (reasons[reason] ?? 0) < OFTEN);
  return [
    ...(behind < cases * HALF ? [`Only ${behind} of ${cases} cases reach the code behind the checks.`] : []),
    ...(cases >= WHOLE ? few.map((reason) => `Only ${reasons[reason] ?? 0} cases end with ${reason}.`) : []),
    ...(cases >= WHOLE && mutants.seen < MISTAKES ? [`Only ${mutants.seen} mistakes were seen.`] : []),
  ];
}

export function printed(report: Report): string {
  const { seed, areas, reasons, findings, mutants, seconds } = report;
  const all = { name: "in all", cases: sum(areas, "cases"), behind: sum(areas, "behind") };
  const rows = [...areas, all].map(({ name, cases, behind }) => {
    const share = `${Math.round((100 * behind) / Math.max(1, cases))} %`;
    return `${name.padEnd(28)} ${String(cases).padStart(8)} ${share.padStart(22)}`;
  });
  const hits = ["success", ...REASONS].map(
    (reason) => `${reason.padEnd(20)} ${String(reasons[reason] ?? 0).padStart(7)}`,
  );
  const problems = [...shortcomings(report), ...mutants.blind, ...findings.slice(0, MOST_FINDINGS)];
  return [
    `${"area".padEnd(28)} ${"cases".padStart(8)} ${"reach the code behind".padStart(22)}`,
    ...rows,
    "",
    ...columns(hits),
    "",
    ...problems,
    `${mutants.seen} of ${mutants.tried} mistakes made on purpose were seen`,
    `${findings.length} findings in ${seconds.toFixed(0)} s; the same cases again: --seed ${seed}`,
  ].join("\n");
}

function sum(areas: Report["areas"], key: "cases" | "behind"): number {
  return areas.reduce((total, area) => total + area[key], 0);
}

function columns(cells: readonly string[]): string[] {
  const lines = Math.ceil(cells.length / 3);
  return Array.from({ length: lines }, (_, line) =>
    [0, 1, 2]
      .map((column) => cells[column * lines + line] ?? "")
      .join("   ")
      .trimEnd(),
  );
}
