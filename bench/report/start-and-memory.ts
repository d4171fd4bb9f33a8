import { STEPS } from "../../local/secrets-manager/events.ts";
import { FUNCTIONS } from "../functions.ts";
import { LATENCIES } from "../measures/wall-time.ts";
import type { Absent, FunctionResults, Results } from "../results.ts";
import { type Cell, megabytes, milliseconds, ratio, type Section, type Table } from "./section.ts";

type Row = readonly (Cell | string)[];

export function coldStarts(results: Results): Section {
  const { table, runs } = perFunction(
    results,
    (one) => one.coldStart,
    ["to ready", ...STEPS],
    ({ ours, straightforward, empty }) => {
      const cells = (times: typeof ours, beside: typeof ours): Row => [
        ratio(times.ready, beside.ready, milliseconds),
        ...STEPS.map((step) => ratio(times.steps[step], beside.steps[step], milliseconds)),
      ];
      return [
        ["ours", ...cells(ours, empty)],
        ["straightforward", ...cells(straightforward, empty)],
      ];
    },
  );
  return {
    title: "Cold start",
    text: [
      `From the start of a new process to its first request for an invocation ("ready"), and to the end of each step ` +
        "where that is the first thing the process does; an empty handler under the same Node = 1. A driver that is " +
        "loaded late is not in the first column, but it is in those of the steps that need it, as is everything " +
        "that a step waits for: Secrets Manager and the database, both over TLS, without added latency.",
      ...(runs ? [`Medians of ${runs} rotations, of four cold starts each, in turn.`] : []),
    ],
    table,
  };
}

export function memory(results: Results): Section {
  const { table, runs } = perFunction(
    results,
    (one) => one.memory,
    ["peak"],
    ({ ours, straightforward, empty }) => [
      ["ours", ratio(ours, empty, megabytes)],
      ["straightforward", ratio(straightforward, empty, megabytes)],
    ],
  );
  return {
    title: "Memory",
    text: [
      "The most memory that the process of a function had in RAM during a rotation (VmHWM), Node and the runtime client " +
        "included, with the heap limit of a function with 128 MB; an empty handler = 1.",
      ...(runs ? [`Medians of ${runs} processes, in turn.`] : []),
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
        ratio(time.ours[which], time.straightforward[which], milliseconds);
      return [["ours", ...byLatency.map(cell("first")), ...byLatency.map(cell("warm"))]];
    },
  );
  return {
    title: "Wall time of a rotation",
    text: [
      "The four steps, one after the other, with a Secrets Manager and a database over TLS whose every answer takes 1, 5 " +
        "or 20 ms longer, and so does every new connection: the first rotation of a secret in a new process (its init " +
        "included), and the next one in the same process; the straightforward build = 1.",
      ...(means
        ? [
            `From the end of init on the process has the processor of a function with 256 MB, 256/1769 of one: ${means}. ` +
              "Lambda gives init more than that.",
          ]
        : []),
      ...(runs ? [`Medians of ${runs} processes of each, in turn.`] : []),
    ],
    table,
  };
}

/** The rows of all functions for which there is a result; for the others the reason, if they were asked for. */
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
  return { table: rows.length === 0 ? undefined : { head: ["function", "build", ...head], rows }, runs };
}
