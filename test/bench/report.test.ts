import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { writeBudget } from "../../bench/budgets.ts";
import { FUNCTIONS } from "../../bench/functions.ts";
import { codeSize } from "../../bench/measures/bundle.ts";
import { parseOptions } from "../../bench/options.ts";
import { CHARTS } from "../../bench/report/charts.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { sections } from "../../bench/report/sections.ts";
import { type Target, targets } from "../../bench/report/targets.ts";
import {
  assertWhole,
  type FunctionResults,
  present,
  type Results,
  readResults,
} from "../../bench/results.ts";
import { temporaryFolder } from "../../bench/stage/temporary-folder.ts";
import { wholeResults } from "./whole-results.ts";

const MAIN = join(import.meta.dirname, "../../bench/main.ts");

/** All functions alike. */
function results(one: FunctionResults): Results {
  return {
    ...wholeResults("means"),
    functions: Object.fromEntries(FUNCTIONS.map(({ name }) => [name, one])),
    fleet: undefined,
  };
}

function coldStart(ours: number): FunctionResults {
  const times = (ready: number) => {
    const step = 2 * ready;
    return { ready, steps: { createSecret: step, setSecret: step, testSecret: step, finishSecret: step } };
  };
  return { coldStart: { runs: 1, ours: times(ours), plain: times(400), empty: times(100) } };
}

const startTarget = (one: FunctionResults) => findStart(targets(results(one)));
const findStart = (all: readonly Target[]) =>
  all.find(({ what }) => what.startsWith("cold start to ready, PostgreSQL"));

describe("targets", () => {
  it("are met at the limit, and missed above it", () => {
    expect(startTarget(coldStart(155))).toMatchObject({ measured: "1.55", reached: true });
    expect(startTarget(coldStart(156))).toMatchObject({ measured: "1.56", reached: false });
  });

  it("are compared with the worst function that they cover", () => {
    const alike = results(coldStart(150));
    const functions = { ...alike.functions, "postgres-master-user": coldStart(300) };
    const found = findStart(targets({ ...alike, functions }));
    expect(found).toMatchObject({ measured: "3.00", reached: false });
  });

  it("are not reported as met if they were not measured", () => {
    for (const target of targets(results({}))) {
      expect(target).toMatchObject({ measured: undefined, reached: undefined });
    }
    const absent = startTarget({ coldStart: { absent: "no server" } });
    expect(absent).toMatchObject({ measured: undefined, reached: undefined });
  });
});

describe("BENCHMARKS.md", () => {
  it("starts with ratios, names the reason for each missing value, and keeps the shape of its tables", () => {
    const failed = { absent: "a template fails: near '|' at\nline 1" };
    const page = markdown(results({ ...coldStart(200), besideAws: failed }));
    expect(page).toContain("| 2.00 <sub>200 ms</sub> |");
    expect(page).toContain("not measured: a template fails: near '\\|' at line 1 |");
    expect(page).toContain("| not measured |");
    expect(page).not.toMatch(/undefined|NaN/);
  });
});

describe("the comparison with AWS's templates", () => {
  const { besideAws } = wholeResults("means").functions["mysql-single-user"] ?? {};
  const failed = { absent: "AWS's template fails: setSecret, error 1064" };
  const both = present(besideAws) ?? expect.fail("It is measured.");
  const reported = sections(results({ besideAws: failed, besideAwsOn: { "MySQL 8.0.31": both } }));
  const { title, text, table } = reported.find((one) => one.title.startsWith("Beside")) ?? expect.fail();

  it("has a row for each version of the database, and names the version", () => {
    const [first, second] = table?.rows.slice(-2) ?? [];
    expect(first).toEqual(["mariadb-master-user", "MariaDB 1", `not measured: ${failed.absent}`]);
    expect(second?.slice(0, 3)).toEqual(["", "MySQL 8.0.31", { main: "0.60", small: "180 ms : 300 ms" }]);
    expect(text.at(-1)).toContain("medians of 7 rotations");
  });

  it("has a chart of the versions that were measured", () => {
    const { draw } = CHARTS.find(({ section }) => section === title) ?? expect.fail();
    const chart = table && draw(title, table);
    expect(chart?.match(/>MySQL 8\.0\.31</g)).toHaveLength(FUNCTIONS.length);
    expect(chart).not.toContain("MariaDB 1<");
  });
});

describe("npm run bench", () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [MAIN, ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
      (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );

  it("prints its options for --help", async () => {
    expect(await run("--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("--aws-templates"),
    });
  });

  it("rejects a wrong command line with the remedy", async () => {
    expect(await run("--only", "everything")).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining('--only cannot be "everything"; valid values are bundle,'),
    });
    expect(() => parseOptions(["--write", "--quick"])).toThrow(
      "Remove --only, --engine, --budget and --quick",
    );
    expect(() => parseOptions(["--write"])).toThrow("--write needs AWS's templates");
    expect(() => parseOptions(["--only", "beside-aws"])).toThrow("needs --aws-templates");
    expect(() => parseOptions(["--from", "file", "--quick"])).toThrow("measures nothing");
    expect(parseOptions(["--write", "--aws-templates", "there"]).write).toBe(true);
    expect(parseOptions(["--write", "--from", "file"]).write).toBe(true);
    expect(() => parseOptions(["--fast"])).toThrow("valid options are --only");
  });

  it("measures AWS's templates alone", () => {
    const { parts } = parseOptions(["--only", "beside-aws", "--aws-templates", "there", "--quick"]);
    expect(parts).toEqual(["beside-aws"]);
  });

  // A measurement of the bundles builds each function four times.
  it("stores what it measured, and reads it again without measuring", { timeout: 240_000 }, async () => {
    await using folder = await temporaryFolder();
    const [file, again] = [join(folder.path, "results.json"), join(folder.path, "again.json")];
    const measured = await run("--only", "bundle", "--engine", "postgres", "--json", file);
    expect(measured.code).toBe(0);
    const { functions } = readResults(file);
    expect(Object.keys(functions)).toEqual(["postgres-single-user", "postgres-master-user"]);
    for (const [name, { bundle }] of Object.entries(functions)) {
      expect(bundle).toMatchObject({ code: await codeSize(join(import.meta.dirname, "../../dist", name)) });
    }
    const read = await run("--from", file, "--json", again);
    expect(read.stdout).toBe(measured.stdout);
    expect(await readFile(again, "utf8")).toBe(await readFile(file, "utf8"));
  });

  it("reports the same from stored results as from measured ones", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "results.json");
    const whole = wholeResults("means");
    await writeFile(file, JSON.stringify(whole));
    expect(markdown(readResults(file))).toBe(markdown(whole));
    await writeFile(file, "{}");
    expect(() => readResults(file)).toThrow("has no results of npm run bench");
  });

  it("writes no pages from a part of a measurement", () => {
    const whole = wholeResults("means");
    expect(() => assertWhole(whole)).not.toThrow();
    for (const part of [{ quick: true }, { awsTemplates: undefined }, { fleet: undefined }]) {
      expect(() => assertWhole({ ...whole, ...part })).toThrow("needs the results of a whole measurement");
    }
  });

  it("stops before it measures if the folder given for AWS's templates has none", async () => {
    const { code, stderr } = await run("--only", "bundle", "--aws-templates", import.meta.dirname);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("There are no templates in"),
    });
  });

  it("does not write an incomplete budget", () => {
    expect(() => writeBudget(results(coldStart(200)))).toThrow(
      "The size or the round trips of postgres-single-user were not measured",
    );
  });
});
