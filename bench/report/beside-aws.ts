import { FUNCTIONS } from "../functions.ts";
import { present, type Results } from "../results.ts";
import { list, milliseconds, type Section, tableOf } from "./section.ts";

const NONE = [["all", "not measured: --aws-templates names no checkout of them"]];
export const ONCE_COLD = "once cold";
export const ONCE_COLD_SMALL = "once cold, 256 MB, 5 ms";
const HEAD = [
  "function",
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
  const rows = FUNCTIONS.flatMap(({ name }) => {
    const measured = results.functions[name]?.besideAws;
    if (measured === undefined) return [];
    const both = present(measured);
    if (both === undefined) return [[name, "absent" in measured ? `not measured: ${measured.absent}` : ""]];
    const { ours, aws, empty } = both;
    runs = both.runs;
    const beside = (kind: "onceCold" | "onceColdSmall" | "fourCold" | "warm") => ({
      main: (ours[kind] / aws[kind]).toFixed(2),
      small: `${milliseconds(ours[kind])} : ${milliseconds(aws[kind])}`,
    });
    return [
      [
        name,
        beside("onceCold"),
        { main: (empty / aws.onceCold).toFixed(2), small: milliseconds(empty) },
        beside("onceColdSmall"),
        beside("fourCold"),
        beside("warm"),
        `${ours.apiCalls} : ${aws.apiCalls}`,
        `${ours.failedApiCalls} : ${aws.failedApiCalls}`,
      ],
    ];
  });
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
        "Four times cold: a new process for each step. Warm: a process that has rotated before.",
      ),
      ...(results.awsTemplates
        ? [
            `AWS's templates run under ${results.awsTemplates}, in a runtime client of this repository that uses the same ` +
              "Runtime API. The secret has `ssl: true`: without it, AWS's templates try each password twice.",
          ]
        : []),
      ...(runs ? [`The times are medians of ${runs} rotations of each kind, in turn.`] : []),
    ],
    table: tableOf(HEAD, results.awsTemplates ? rows : rows.length === 0 ? [] : NONE),
  };
}
