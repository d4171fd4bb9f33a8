import { STEPS } from "../../local/secrets-manager/events.ts";
import { FUNCTIONS } from "../functions.ts";
import { LATENCIES } from "../measures/wall-time.ts";
import type { Absent, FunctionResults, Results } from "../results.ts";
import { megabytes, milliseconds, type Row, ratio, type Section, type Table, tableOf } from "./section.ts";

/** The cells of the column "build". */
export const OURS = "ours";
export const PLAIN = "plain esbuild bundle";
export const READY = "to ready";

export function coldStarts(results: Results): Section {
  const { table, runs } = perFunction(
    results,
    (one) => one.coldStart,
    [READY, ...STEPS],
    ({ ours, plain, empty }) => {
      const cells = (times: typeof ours, beside: typeof ours): Row => [
        ratio(times.ready, beside.ready, milliseconds),
        ...STEPS.map((step) => ratio(times.steps[step], beside.steps[step], milliseconds)),
      ];
      return [
        [OURS, ...cells(ours, empty)],
        [PLAIN, ...cells(plain, empty)],
      ];
    },
  );
  return {
    title: "Cold start",
    shows:
      "The table compares the time that a new process needs with that of an empty handler under the same Node, which is 1.",
    text: [
      '"To ready" ends with the first request for an invocation. The other columns end with a step that is the first ' +
        "work of the process.",
      '"To ready" leaves out drivers that load later. The columns of the steps include them, and the answers of Secrets ' +
        "Manager and the database. Both use TLS without added latency.",
      "A plain esbuild bundle is the same source with esbuild's defaults, the whole SDK, and nothing minified.",
      ...(runs ? [`The times are medians of ${runs} rotations, of four cold starts each, in turn.`] : []),
    ],
    table,
  };
}

export function memory(results: Results): Section {
  const { table, runs } = perFunction(
    results,
    (one) => one.memory,
    ["peak"],
    ({ ours, plain, empty }) => [
      [OURS, ratio(ours, empty, megabytes)],
      [PLAIN, ratio(plain, empty, megabytes)],
    ],
  );
  return {
    title: "Memory",
    shows: "The table compares the peak memory of a rotation with that of an empty handler, which is 1.",
    text: [
      "The peak is the most RAM that the process had (VmHWM), Node and the runtime client included. The heap limit is " +
        "that of a function with 128 MB.",
      ...(runs ? [`The peaks are medians of ${runs} processes, in turn.`] : []),
    ],
    table,
  };
}

export function wallTimes(results: Results): Section {
  const latencies = LATENCIES.map((latency) => `${latency} ms`);
  const head = [...latencies.map((name) => `first, ${name}`), ...latencies.map((name) => `next, ${name}`)];
  let means: string | undefined;
  const { table, runs } = perFunction(
    results,
    (one) => one.wallTime,
    head,
    ({ byLatency, ...rest }) => {
      means = rest.means;
      const cell = (which: "first" | "warm") => (time: (typeof byLatency)[number]) =>
        ratio(time.ours[which], time.plain[which], milliseconds);
      return [[OURS, ...byLatency.map(cell("first")), ...byLatency.map(cell("warm"))]];
    },
  );
  return {
    title: "Wall time of a rotation",
    shows:
      "The table compares the time of a whole rotation with that of the plain esbuild bundle, which is 1.",
    text: [
      "Secrets Manager and the database use TLS. Each of their answers, and each new connection, takes 1, 5 or 20 ms longer.",
      '"First" is the first rotation of a secret in a new process, init included. "Next" is the next rotation in the ' +
        "same process.",
      ...(means
        ? [
            "After init the process has the processor share of a function with 256 MB, which is 256/1769 of a processor: " +
              `${means}. Lambda gives init a larger share.`,
          ]
        : []),
      ...(runs ? [`The times are medians of ${runs} processes of each build, in turn.`] : []),
    ],
    table,
  };
}

/** Rows of all measured functions, and rows with the reason for functions that could not be measured. */
function perFunction<Result extends { readonly runs: number }>(
  { functions }: Results,
  select: (results: FunctionResults) => Result | Absent | undefined,
  head: readonly string[],
  rowsOf: (result: Result) => readonly Row[],
): { table: Table | undefined; runs: number | undefined } {
  const rows: Row[] = [];
  let runs: number | undefined;
  for (const { name } of FUNCTIONS) {
    const measured = select(functions[name] ?? {});
    if (measured === undefined) continue;
    if ("absent" in measured) {
      rows.push([name, `not measured: ${measured.absent}`]);
      continue;
    }
    runs = measured.runs;
    for (const [index, row] of rowsOf(measured).entries()) rows.push([index === 0 ? name : "", ...row]);
  }
  return { table: tableOf(["function", "build", ...head], rows), runs };
}
