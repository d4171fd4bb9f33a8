import type { Results } from "../results.ts";
import type { Cell, Table } from "./section.ts";
import { sections } from "./sections.ts";
import { type Target, targets } from "./targets.ts";

/** BENCHMARKS.md */
export function markdown(results: Results): string {
  const { machine, databases, date, awsTemplates } = results;
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  const rows = targets(results).map((target) => [
    target.what,
    target.peer,
    target.toReach,
    { main: target.measured === undefined ? "" : `**${target.measured}**` },
    verdict(target),
  ]);
  const parts = [
    "# How fast",
    "Written by `npm run bench -- --write`. Ratios first: they carry over to other machines better than the small numbers " +
      "beside them; sizes and counts are the same everywhere.",
    "## To reach",
    tableOf({ head: ["what", "limit or peer", "to reach", "measured", ""], rows }),
    ...sections(results).flatMap(({ title, text, table }) => [
      `## ${title}`,
      ...text,
      ...(table ? [tableOf(table)] : []),
    ]),
    "## What it was measured on",
    list([
      `${date}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}`,
      `Node ${machine.node}, ${packages.join(", ")}`,
      `${Object.values(databases).join(", ")}, each with durability turned off, on the same machine`,
      ...(awsTemplates ? [`AWS's templates: ${awsTemplates}`] : []),
    ]),
    "## What it takes for granted",
    list([
      "Lambda's processors and disks are others: what is a start of 100 ms here may be one of 300 ms there. The ratios " +
        "are between programs of the same kind on the same machine.",
      "Functions run in processes of their own under a runtime client of this repository's, which does what Lambda's does; " +
        "there is no download of the code and no start of a virtual machine.",
      "Secrets Manager is the local one: it answers at once, unless told to take longer. Real ones take a few milliseconds.",
      "Times on this machine and memory are medians. What is compared takes turns, so that what makes the machine slow for a " +
        "while makes all of it slow. Of cold starts and of what is beside AWS's templates, a first run that fills the disk's " +
        "cache is left out.",
      "The functions verify certificates as they do when deployed, against as many CA certificates as they trust for Amazon RDS.",
    ]),
    "## How to repeat it",
    "```console\n$ npm ci && npm run bench\n$ npm run bench -- --help\n```",
    "With AWS's templates in turn, from a checkout of theirs:",
    "```console\n$ git clone https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas /tmp/aws-templates\n" +
      "$ python3 -m venv /tmp/aws-python && /tmp/aws-python/bin/pip install boto3 PyGreSQL PyMySQL cryptography\n" +
      "$ npm run bench -- --aws-templates /tmp/aws-templates --python /tmp/aws-python/bin/python\n```",
    "PyGreSQL is compiled where it is installed and needs the headers of libpq (`apt-get install libpq-dev`). " +
      "`npm test` holds the sizes and the counts to those in `bench/budgets/`, which `--write` writes as well.",
  ];
  return `${parts.join("\n\n")}\n`;
}

function verdict({ reached }: Target): string {
  if (reached === undefined) return "not measured";
  return reached ? "reached" : "not reached";
}

function tableOf({ head, rows }: Table): string {
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

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
