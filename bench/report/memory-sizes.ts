import { FUNCTIONS } from "../functions.ts";
import { LATENCY, SIZES } from "../measures/memory-sizes.ts";
import { present, type Results } from "../results.ts";
import type { Cell, Section } from "./section.ts";

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
    text: [
      "What Lambda bills for the duration of a million rotations at each size of memory (arm64, us-east-1, list price of " +
        "2026-11-30), from the billed milliseconds of one rotation: init and four steps in a new process. Beside it the " +
        "milliseconds, and the longest step: the timeout is 30 s.",
      ...(first
        ? [
            `After init the process has the share of a processor that goes with the size (${first.means}), and every round ` +
              `trip takes ${LATENCY} ms longer. Medians of ${first.runs} processes, in turn.`,
          ]
        : []),
    ],
    table: rows.length === 0 ? undefined : { head: ["function", ...SIZES.map((size) => `${size} MB`)], rows },
  };
}
