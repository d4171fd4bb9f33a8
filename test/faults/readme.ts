import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "node:process";
import type { Report } from "./run.ts";
import { markdownTable } from "./table.ts";

const README = join(import.meta.dirname, "..", "..", "docs", "testing.md");
const BETWEEN = /(<!-- faults: .* -->\n)[\s\S]*?(<!-- \/faults -->)/;

/** Puts what was measured between the two comments in docs/testing.md. */
export async function writeReadme(report: Report, sample: number | undefined): Promise<void> {
  const text = await readFile(README, "utf8");
  if (!BETWEEN.test(text))
    throw new Error("docs/testing.md has lost the comments that the table goes between.");
  const { seed, products, results } = report;
  const what = sample === undefined ? "everything" : `a sample of ${sample} and pairs of each row`;
  const measured =
    `\n${markdownTable(results)}\n\n` +
    `Measured on ${new Date().toISOString().slice(0, 10)} with ${products.join(", ")} and Node ${version}:\n${what}, seed ${seed}.\n\n`;
  await writeFile(
    README,
    text.replace(BETWEEN, (_, begin, end) => begin + measured + end),
  );
}
