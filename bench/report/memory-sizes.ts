import { FUNCTIONS } from "../functions.ts";
import { LATENCY, SIZES } from "../measures/memory-sizes.ts";
import { present, type Results } from "../results.ts";
import { type Cell, type Section, tableOf } from "./section.ts";

/** US dollars for a GB-second on arm64 in us-east-1, 2026-11-30: https://aws.amazon.com/lambda/pricing/ */
const DOLLARS_PER_GB_SECOND = 0.0000133334;
const ROTATIONS = 1_000_000;

export function memorySizes({ functions }: Results): Section {
  const measured = FUNCTIONS.flatMap(({ name }) => {
    const sizes = present(functions[name]?.memorySizes);
    return sizes ? [{ name, ...sizes }] : [];
  });
  const [first] = measured;
  const rows = measured.map(({ name, bySize }) => [
    name,
    ...bySize.map(({ megabytes, milliseconds, longestStep }): Cell => {
      const gigabyteSeconds = (megabytes / 1024) * (milliseconds / 1000);
      return {
        main: `$${(gigabyteSeconds * ROTATIONS * DOLLARS_PER_GB_SECOND).toFixed(2)}`,
        small: `${milliseconds.toFixed(0)} ms, longest step ${longestStep.toFixed(0)} ms`,
      };
    }),
  ]);
  return {
    title: "Memory size",
    shows: "The table shows the price of the duration of a million rotations at each memory size.",
    text: [
      "The price is Lambda's list price of 2026-11-30 for arm64 in us-east-1. One rotation is init and four steps in a new " +
        "process. Beside the price are its billed milliseconds and the longest step. The timeout is 30 s.",
      ...(first
        ? [
            `After init the process has the processor share of its memory size (${first.means}). Each round trip takes ` +
              `${LATENCY} ms longer. The times are medians of ${first.runs} processes, in turn.`,
          ]
        : []),
    ],
    table: tableOf(["function", ...SIZES.map((size) => `${size} MB`)], rows),
  };
}
