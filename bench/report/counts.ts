import { STEPS } from "../../local/secrets-manager/events.ts";
import { FUNCTIONS } from "../functions.ts";
import { present, type Results } from "../results.ts";
import { kilobytes, ratio, type Section } from "./section.ts";

export function bundles(results: Results): Section {
  const rows = FUNCTIONS.flatMap(({ name }) => {
    const sizes = present(results.functions[name]?.bundle);
    if (sizes === undefined) return [];
    const { code, straightforward, straightforwardMinified, straightforwardSmall, texts } = sizes;
    return [
      [
        name,
        ratio(code.zipped, straightforward.zipped, kilobytes),
        ratio(code.raw, straightforward.raw, kilobytes),
        (code.zipped / straightforwardMinified.zipped).toFixed(2),
        (code.zipped / straightforwardSmall.zipped).toFixed(2),
        kilobytes(straightforward.zipped),
        kilobytes(straightforwardMinified.zipped),
        kilobytes(straightforwardSmall.zipped),
        kilobytes(texts.zipped),
      ],
    ];
  });
  return {
    title: "Bundle",
    text: [
      "The JavaScript that is deployed, beside a straightforward build of the same source = 1: esbuild's defaults, the " +
        "whole SDK with its chain of credential providers, nothing minified; beside the same minified, as `sam` does it; " +
        "and beside the same minified from the packages' ES modules (`mainFields`: module, main). Zipped is deflated at level 6, as zip and sam do. The texts of licenses, which no start has to read, " +
        "are counted apart.",
    ],
    table:
      rows.length === 0
        ? undefined
        : {
            head: [
              "function",
              "zipped",
              "raw",
              "beside minified",
              "beside minified ES modules",
              "straightforward, zipped",
              "minified",
              "minified ES modules",
              "licenses, zipped",
            ],
            rows,
          },
  };
}

const MOST_PACKAGES = 12;

/** Where the bytes are, for one function of each driver. */
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
    text: ["Of the code, before it is zipped."],
    table: rows.length === 0 ? undefined : { head: ["function", "package", "share"], rows },
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
        String(count.logins),
        String(count.rejectedLogins),
        String(count.sqlStatements),
      ];
    });
  });
  return {
    title: "Round trips",
    text: [
      "What a rotation asks of Secrets Manager and of the database: the first rotation of a secret, in which master-user " +
        "makes the twin, and the next one, in the same process. Calls wait for each other if they are made after the " +
        "answer to the one before; the sums are over the four steps. SQL is counted in messages, each of which is a round trip " +
        "and may hold several statements, as the server logged them. Beside: AWS's templates make 14 calls, one after " +
        "the other, of which 1 fails, and at least one login that fails.",
    ],
    table:
      rows.length === 0
        ? undefined
        : {
            head: ["function", "rotation", "API calls", "failed", "in sequence", "logins", "rejected", "SQL"],
            rows,
          },
  };
}
