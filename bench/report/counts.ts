import { STEPS } from "../../local/secrets-manager/events.ts";
import { FUNCTIONS } from "../functions.ts";
import { present, type Results } from "../results.ts";
import { kilobytes, ratio, type Section, tableOf } from "./section.ts";

/** Sequential calls to Secrets Manager in one rotation by AWS's templates, and the number of failing ones. */
export const TEMPLATE = { calls: 14, failed: 1 };
export const CALLS = "API calls";
export const IN_SEQUENCE = "in sequence";

export function bundles(results: Results): Section {
  const rows = FUNCTIONS.flatMap(({ name }) => {
    const sizes = present(results.functions[name]?.bundle);
    if (sizes === undefined) return [];
    const { code, plain, plainMinified, plainModules, texts } = sizes;
    return [
      [
        name,
        ratio(code.zipped, plain.zipped, kilobytes),
        ratio(code.raw, plain.raw, kilobytes),
        (code.zipped / plainMinified.zipped).toFixed(2),
        (code.zipped / plainModules.zipped).toFixed(2),
        kilobytes(plain.zipped),
        kilobytes(plainMinified.zipped),
        kilobytes(plainModules.zipped),
        kilobytes(texts.zipped),
      ],
    ];
  });
  return {
    title: "Bundle",
    shows:
      "The table compares the deployed JavaScript with a plain esbuild bundle of the same source, which is 1.",
    text: [
      "The plain esbuild bundle has esbuild's defaults: the whole SDK with its chain of credential providers, and nothing " +
        "minified. Two columns compare with smaller peers: the same bundle minified, as `sam` does it, and minified from the " +
        "packages' ES modules (`mainFields`: module, main).",
      "Zipped means deflated at level 6, as zip and sam do. License texts are counted apart, because no start reads them.",
    ],
    table: tableOf(
      [
        "function",
        "zipped",
        "raw",
        "beside minified",
        "beside minified ES modules",
        "plain, zipped",
        "plain minified, zipped",
        "plain minified ES modules, zipped",
        "licenses, zipped",
      ],
      rows,
    ),
  };
}

const MOST_PACKAGES = 12;

/** Bytes of each package, for one function of each driver. */
export function packages(results: Results): Section {
  const shown = ["postgres-single-user", "mysql-single-user"].flatMap((name) => {
    const list = present(results.functions[name]?.bundle)?.packages;
    return list ? [{ name, list, total: list.reduce((sum, { bytes }) => sum + bytes, 0) }] : [];
  });
  const rows = shown.flatMap(({ name, list, total }) => {
    const rest = list.slice(MOST_PACKAGES);
    const others = { name: `${rest.length} others`, bytes: rest.reduce((sum, { bytes }) => sum + bytes, 0) };
    return [...list.slice(0, MOST_PACKAGES), others].map(({ name: title, bytes }, index) => [
      index === 0 ? name : "",
      title,
      { main: `${((bytes / total) * 100).toFixed(1)} %`, small: kilobytes(bytes) },
    ]);
  });
  return {
    title: "Where the bytes are",
    shows: "The table shows how much of the code comes from which package, before it is zipped.",
    text: [],
    table: tableOf(["function", "package", "share"], rows),
  };
}

export function roundTrips(results: Results): Section {
  const rows = FUNCTIONS.flatMap(({ name }) => {
    const measured = results.functions[name]?.roundTrips;
    if (measured === undefined) return [];
    const both = present(measured);
    if (both === undefined) return [[name, "absent" in measured ? `not measured: ${measured.absent}` : ""]];
    return (["first", "next"] as const).map((which) => {
      const { perStep, ...count } = both[which];
      return [
        which === "first" ? name : "",
        which,
        { main: String(count.apiCalls), small: STEPS.map((step) => perStep[step].calls).join(" + ") },
        String(count.failedApiCalls),
        {
          main: String(count.sequentialApiRoundTrips),
          small: STEPS.map((step) => perStep[step].sequential).join(" + "),
        },
        ...[count.logins, count.rejectedLogins, count.sqlStatements].map(counted),
      ];
    });
  });
  return {
    title: "Round trips",
    shows: "The table counts the calls to Secrets Manager and the messages to the database in one rotation.",
    text: [
      '"First" is the first rotation of a secret, in which master-user creates the clone. "Next" is the next rotation in ' +
        "the same process.",
      '"In sequence" is the longest chain of calls that each wait for the answer to the one before. The sums are over the ' +
        "four steps.",
      "SQL is counted in messages, as the server logged them. Each message is one round trip and may hold several statements.",
      `AWS's templates make ${TEMPLATE.calls} calls, one after the other. ${TEMPLATE.failed} of them fails, and so does at least one login.`,
    ],
    table: tableOf(
      ["function", "rotation", CALLS, "failed", IN_SEQUENCE, "logins", "rejected logins", "SQL"],
      rows,
    ),
  };
}

/** Formats a count, which is NaN, or null in stored results, if the database product does not have it. */
function counted(count: number): string {
  return Number.isFinite(count) ? String(count) : "not counted";
}
