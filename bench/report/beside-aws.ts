import { ENGINES } from "../../local/engines.ts";
import { FUNCTIONS } from "../functions.ts";
import { type BesideAws, WARM_ROTATIONS } from "../measures/beside-aws.ts";
import { type Absent, present, type Results } from "../results.ts";
import { list, milliseconds, type Row, type Section, tableOf } from "./section.ts";

const NONE = [["all", "not measured: --aws-templates names no checkout of them"]];
export const DATABASE = "database";
export const ONCE_COLD = "once cold";
export const ONCE_COLD_SMALL = "once cold, 256 MB, 5 ms";
const HEAD = [
  "function",
  DATABASE,
  ONCE_COLD,
  "empty handler",
  ONCE_COLD_SMALL,
  "four times cold",
  "warm",
  "API calls",
  "failed calls",
];

export function besideAws(results: Results): Section {
  let runs: number | undefined;
  const rows: Row[] = [];
  for (const { name, engine } of FUNCTIONS) {
    const { besideAws: measured, besideAwsOn } = results.functions[name] ?? {};
    if (measured === undefined) continue;
    const byDatabase = { [results.databases[engine] ?? ENGINES[engine].product]: measured, ...besideAwsOn };
    for (const [index, [database, one]] of Object.entries(byDatabase).entries()) {
      runs = present(one)?.runs ?? runs;
      rows.push([index === 0 ? name : "", database, ...cells(one)]);
    }
  }
  return {
    title: "Beside AWS's templates",
    shows:
      "The table compares the time of a whole rotation with that of AWS's template for the same engine and strategy, which is 1.",
    text: [
      "Both rotate in the same database with the same Secrets Manager, over TLS. The times include the starts of processes. " +
        "Beside each ratio are our time and that of AWS's template.",
      list(
        "Once cold: one cold step and three warm ones, as Lambda runs a scheduled rotation; a whole processor, no added latency.",
        "Empty handler: the same with a handler that does nothing, which is the time of the runtime alone.",
        "Once cold, 256 MB, 5 ms: the processor share of a function with 256 MB after init, and 5 ms more for each round trip.",
        "Four times cold: a new process for each step.",
        `Warm: after the once-cold rotation, the same process rotates ${WARM_ROTATIONS + 1} times more. All but the first of ` +
          "these count: they are its third and later rotations.",
      ),
      ...(results.awsTemplates
        ? [
            `AWS's templates run under ${results.awsTemplates}, in a runtime client of this repository that uses the same ` +
              "Runtime API. The secret has `ssl: true`: without it, AWS's templates try each password twice.",
          ]
        : []),
      ...(runs
        ? [
            `The times are medians of ${runs} rotations of each kind, in turn, and of ${runs * WARM_ROTATIONS} warm ones in ` +
              `${runs} processes.`,
          ]
        : []),
    ],
    table: tableOf(HEAD, results.awsTemplates ? rows : rows.length === 0 ? [] : NONE),
  };
}

/** The cells behind the database. */
function cells(measured: BesideAws | Absent): Row {
  if ("absent" in measured) return [`not measured: ${measured.absent}`];
  const { ours, aws, empty } = measured;
  const beside = (kind: "onceCold" | "onceColdSmall" | "fourCold" | "warm") => ({
    main: (ours[kind] / aws[kind]).toFixed(2),
    small: `${milliseconds(ours[kind])} : ${milliseconds(aws[kind])}`,
  });
  return [
    beside("onceCold"),
    { main: (empty / aws.onceCold).toFixed(2), small: milliseconds(empty) },
    beside("onceColdSmall"),
    beside("fourCold"),
    beside("warm"),
    `${ours.apiCalls} : ${aws.apiCalls}`,
    `${ours.failedApiCalls} : ${aws.failedApiCalls}`,
  ];
}
