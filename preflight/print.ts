import { styleText } from "node:util";
import type { Report } from "../shared/preflight/report.ts";
import type { Check } from "../shared/report/examination.ts";
import { oneLine } from "../shared/report/safe-text.ts";

const MARKS: Readonly<Record<Check["status"], { mark: string; style: "green" | "yellow" | "red" | "dim" }>> =
  {
    ok: { mark: "ok", style: "green" },
    warning: { mark: "warning", style: "yellow" },
    failed: { mark: "FAILED", style: "red" },
    "not-checked": { mark: "-", style: "dim" },
  };

const VERDICTS: Readonly<Record<Report["outcome"], string>> = {
  healthy: "Healthy: no check that works without writing found a reason for the next rotation to fail.",
  unhealthy: "Unhealthy: the next rotation fails.",
  rotating: "Unknown: a rotation is in progress.",
};

const WIDTHS = { name: 24, status: 10, milliseconds: 9 };

/** Formats a report as a table: a line for each check, followed by its cause and remedy. */
export function table({ secret, outcome, checks, milliseconds }: Report): string {
  const lines = checks.flatMap((check) => {
    const { name, status, reason, cause, remedy, details } = check;
    const { mark, style } = MARKS[status];
    const [first = "", ...others] = details;
    const time = status === "not-checked" ? "" : `${check.milliseconds} ms`;
    const head =
      name.padEnd(WIDTHS.name) +
      painted(style, mark.padEnd(WIDTHS.status)) +
      time.padStart(WIDTHS.milliseconds);
    return [
      `${head}  ${status === "ok" ? first : (reason ?? first)}`.trimEnd(),
      ...(status === "ok" ? others : reason ? details : others).map((detail) => `    ${oneLine(detail)}`),
      ...[cause, remedy].filter((text) => text !== undefined).map((text) => `    ${oneLine(text)}`),
    ];
  });
  const style = outcome === "healthy" ? "green" : outcome === "unhealthy" ? "red" : "yellow";
  const verdict = `${painted(style, VERDICTS[outcome])} (${milliseconds} ms)`;
  return [painted("bold", oneLine(secret)), ...lines, verdict].join("\n");
}

function painted(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
