import { styleText } from "node:util";
import type { Results } from "../results.ts";
import type { Cell, Table } from "./section.ts";
import { sections } from "./sections.ts";
import { type Target, targets } from "./targets.ts";

const WIDTH = 110;

/** Prints the report; without colors and symbols if the stream is not a terminal. */
export function printReport(results: Results, stream: NodeJS.WriteStream): void {
  const line = (text = "") => void stream.write(`${text}\n`);
  const heading = (text: string) => line(`\n${styleText("bold", text, { stream })}`);
  const colors = stream.isTTY && stream.getColorDepth() > 1;

  const reached = ({ reached: yes }: Target) => {
    if (!colors) return yes ? "reached" : "not reached";
    return yes ? styleText("green", "✓", { stream }) : styleText("red", "✗", { stream });
  };
  for (const { title, shows, text, table } of sections(results)) {
    heading(title);
    for (const part of [shows, ...text].flatMap((paragraph) => paragraph.split("\n"))) {
      for (const row of wrapped(part)) line(row);
    }
    if (table) for (const row of aligned(table)) line(row);
  }
  const measured = targets(results).filter((target) => target.measured !== undefined);
  if (measured.length === 0) return;
  heading("Targets");
  const rows = measured.map((target) => [
    target.what,
    target.toReach,
    target.measured ?? "",
    reached(target),
    target.peer,
  ]);
  for (const row of aligned({ head: ["what", "target", "measured", "result", "peer"], rows })) line(row);
}

function aligned({ head, rows }: Table): string[] {
  const texts = [head, ...rows].map((row) => row.map(textOf));
  const widths = head.map((_, column) => {
    // The last cell of a shorter row is a reason, which may be long: it does not widen the column.
    const cells = texts.filter((row) => row.length > column + 1 || row.length === head.length);
    return Math.max(...cells.map((row) => row[column]?.length ?? 0));
  });
  return texts.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}

function textOf(cell: Cell | string): string {
  if (typeof cell === "string") return cell;
  return [cell.main, cell.small && (cell.main ? `(${cell.small})` : cell.small)].filter(Boolean).join(" ");
}

function wrapped(text: string): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}
