import { FUNCTIONS } from "../functions.ts";
import { present, type Results } from "../results.ts";
import { milliseconds, type Section } from "./section.ts";

const NONE = [["all", "not measured: no checkout of them was named with --aws-templates"]];
const HEAD = [
  "function",
  "once cold",
  "an empty handler",
  "once cold, 256 MB, 5 ms",
  "four times cold",
  "warm",
  "API calls",
  "failed",
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
    text: [
      "A whole rotation, starts of processes included, beside AWS's template for the same engine and strategy = 1, in the " +
        "same database with the same Secrets Manager, both over TLS and without added latency, with a whole processor: " +
        "once cold and three times warm, as Lambda runs a scheduled rotation. Then a handler that does nothing, once cold and three " +
        "times warm: what the runtime takes by itself. Then the functions again: once cold with the processor of a function with " +
        "256 MB after init, and 5 ms more for each round trip; four times cold; and in a process that has rotated before.",
      ...(results.awsTemplates
        ? [
            `Theirs runs under ${results.awsTemplates}, in a runtime client of this repository's that asks the same Runtime ` +
              "API; the secret says `ssl: true`, without which theirs tries every password twice.",
          ]
        : []),
      ...(runs ? [`Medians of ${runs} rotations of each kind, in turn.`] : []),
    ],
    table: rows.length === 0 ? undefined : { head: HEAD, rows: results.awsTemplates ? rows : NONE },
  };
}
