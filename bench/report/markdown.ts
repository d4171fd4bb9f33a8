import type { Results } from "../results.ts";
import { CHARTS, CHARTS_FOLDER, type Chart } from "./charts.ts";
import { type Cell, list, type Section, type Table } from "./section.ts";
import { sections } from "./sections.ts";
import { type Target, targets } from "./targets.ts";

/** BENCHMARKS.md */
export function markdown(results: Results): string {
  const { machine, databases, date, countsDate, awsTemplates } = results;
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  const rows = targets(results).map((target) => [
    target.what,
    target.peer,
    target.toReach,
    { main: target.measured === undefined ? "" : `**${target.measured}**` },
    verdict(target),
  ]);
  const parts = [
    "# Benchmarks",
    "`npm run bench -- --write` writes this page. The ratios carry over to other machines better than the small numbers " +
      "beside them. Sizes and counts are the same on each machine.",
    "## Targets",
    "The table compares each target with the measurement, and with a peer that misses the target.",
    tableText({ head: ["what", "peer", "target", "measured", "result"], rows }),
    ...sections(results).flatMap(sectionText),
    "## Measured on",
    list(
      `${date}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}`,
      ...(countsDate
        ? [`Sizes, calls and round trips: ${countsDate}. They are the same on every machine`]
        : []),
      `Node ${machine.node}, ${packages.join(", ")}`,
      `${Object.values(databases).join(", ")}, each without durability, on the same machine`,
      ...(awsTemplates ? [`AWS's templates: ${awsTemplates}`] : []),
    ),
    "## Limits of the measurements",
    list(
      "Lambda has other processors and disks: a start of 100 ms here may take 300 ms there. The ratios compare programs of " +
        "the same kind on the same machine.",
      "Functions run in their own processes, under a runtime client of this repository that uses Lambda's Runtime API. No code " +
        "is downloaded and no virtual machine starts.",
      "Secrets Manager is the local one. It answers at once unless a section adds latency; the real one takes a few milliseconds.",
      "Times and memory are medians. The compared programs take turns, so that a slow phase of the machine slows all of them. " +
        "Cold starts and the comparison with AWS's templates leave out a first run, which fills the disk's cache.",
      "The functions verify certificates as deployed, against as many CA certificates as they trust for Amazon RDS.",
    ),
    "## Repeat the measurements",
    "```console\n$ npm ci && npm run bench\n$ npm run bench -- --help\n```",
    "To measure AWS's templates in turn with these functions, name a checkout of them:",
    "```console\n$ git clone https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas /tmp/aws-templates\n" +
      "$ python3 -m venv /tmp/aws-python && /tmp/aws-python/bin/pip install boto3 PyGreSQL PyMySQL cryptography\n" +
      "$ npm run bench -- --aws-templates /tmp/aws-templates --python /tmp/aws-python/bin/python\n```",
    "`--only beside-aws` measures this comparison alone, and `--quick` with fewer runs. `--json FILE` stores the results, and " +
      "`--from FILE` reads them again: with `--write` it writes the pages and charts without a new measurement.",
    "pip compiles PyGreSQL, which needs the headers of libpq (`apt-get install libpq-dev`). `npm test` compares sizes and " +
      "counts with `bench/budgets/`, which `--write` also writes.",
  ];
  return `${parts.join("\n\n")}\n`;
}

function verdict({ reached }: Target): string {
  if (reached === undefined) return "not measured";
  return reached ? "reached" : "not reached";
}

function sectionText({ title, shows, text, table }: Section): string[] {
  const charts = CHARTS.filter((chart) => chart.section === title);
  return [`## ${title}`, shows, ...charts.map(imageOf), ...text, ...(table ? [tableText(table)] : [])];
}

function imageOf({ file, title }: Chart): string {
  return `![${title}](${CHARTS_FOLDER}/${file})`;
}

function tableText({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map(() => "---")),
    ...rows.map((row) => line(head.map((_, column) => textOf(row[column] ?? "")))),
  ].join("\n");
}

function textOf(cell: Cell | string): string {
  const { main, small } = typeof cell === "string" ? { main: cell, small: undefined } : cell;
  const escaped = main.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [escaped, small && `<sub>${small}</sub>`].filter(Boolean).join(" ");
}
