import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { writeBudget } from "../../bench/budgets.ts";
import { FUNCTIONS } from "../../bench/functions.ts";
import { codeSize } from "../../bench/measures/bundle.ts";
import { parseOptions } from "../../bench/options.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { targets } from "../../bench/report/targets.ts";
import type { FunctionResults, Results } from "../../bench/results.ts";

const MAIN = join(import.meta.dirname, "../../bench/main.ts");

const steps = (value: number) => ({
  createSecret: value,
  setSecret: value,
  testSecret: value,
  finishSecret: value,
});

/** All functions alike. */
function results(one: FunctionResults): Results {
  return {
    date: "2026-01-01",
    machine: { processor: "p", cores: 2, memoryGigabytes: 4, system: "s", node: "24.0.0", packages: {} },
    quick: false,
    databases: {},
    awsTemplates: "Python 3",
    functions: Object.fromEntries(FUNCTIONS.map(({ name }) => [name, one])),
  };
}

function coldStart(ours: number): FunctionResults {
  const times = (ready: number) => ({ ready, steps: steps(2 * ready) });
  return { coldStart: { runs: 1, ours: times(ours), straightforward: times(400), empty: times(100) } };
}

const startTarget = (one: FunctionResults) =>
  targets(results(one)).find(({ what }) => what === "cold start to ready, PostgreSQL");

describe("targets", () => {
  it("are met at the limit, and missed above it", () => {
    expect(startTarget(coldStart(240))).toMatchObject({ measured: "2.40", reached: true });
    expect(startTarget(coldStart(241))).toMatchObject({ measured: "2.41", reached: false });
  });

  it("are compared with the worst function that they cover", () => {
    const worse = results(coldStart(200));
    Object.assign(worse.functions["postgres-master-user"] ?? {}, coldStart(300));
    const separate = { ...worse, functions: { ...worse.functions, "postgres-master-user": coldStart(300) } };
    const found = targets(separate).find(({ what }) => what === "cold start to ready, PostgreSQL");
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

describe("npm run bench", () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [MAIN, ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
      (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );

  it("explains its options", async () => {
    expect(await run("--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("--aws-templates"),
    });
  });

  it("reports what is wrong with a command line", async () => {
    expect(await run("--only", "everything")).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining('--only cannot be "everything"; valid values are bundle,'),
    });
    expect(() => parseOptions(["--write", "--quick"])).toThrow("--write keeps a whole measurement");
    expect(() => parseOptions(["--write"])).toThrow("would lose what BENCHMARKS.md says of AWS's templates");
    expect(parseOptions(["--write", "--aws-templates", "there"]).write).toBe(true);
    expect(() => parseOptions(["--fast"])).toThrow("valid options are --only");
  });

  it("prints the results as JSON and nothing else", async () => {
    const { code, stdout } = await run("--only", "bundle", "--json");
    const { functions }: Results = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(functions)).toEqual(FUNCTIONS.map(({ name }) => name));
    for (const [name, { bundle }] of Object.entries(functions)) {
      expect(bundle).toMatchObject({ code: await codeSize(join(import.meta.dirname, "../../dist", name)) });
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
      "no whole measurement of postgres-single-user",
    );
  });
});
