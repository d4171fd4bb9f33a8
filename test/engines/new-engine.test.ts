import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { missing } from "../../build/new-engine/missing.ts";
import { ROOT } from "../template/template.ts";

const run = promisify(execFile);
const NEW = ["redis", "--product", "Redis", "--port", "6379", "--driver", "some-driver"];

/** A copy of the tree, in which an engine is added. */
let copy: string;
let printed: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "new-engine-"));
  const { stdout } = await run("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  const isThere = new Set((await readdir(ROOT, { recursive: false })).map(String));
  for (const file of stdout.trim().split("\n")) {
    if (isThere.has(file.split("/")[0] ?? "")) await cp(join(ROOT, file), join(copy, file)).catch(() => {});
  }
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  ({ stdout: printed } = await run(process.execPath, ["build/new-engine/main.ts", ...NEW], { cwd: copy }));
});
afterAll(() => rm(copy, { recursive: true }));

const inCopy = (program: string, ...args: string[]) =>
  run(program, args, { cwd: copy, maxBuffer: 64 * 2 ** 20 }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` }),
  );

it("changes two files, and prints what is left to do", () => {
  expect(printed.match(/^changed .*/gm)).toEqual(["changed engines.json", "changed template.yaml"]);
  const left = missing(copy);
  expect(left).toEqual([
    'package.json has no dependency "some-driver", the driver of redis: npm install some-driver',
    "bench/budgets/redis.json is missing: its size and its calls may grow unnoticed: " +
      "npm run bench -- --budget --engine redis writes it.",
  ]);
  for (const sentence of left) expect(printed).toContain(`- ${sentence}\n`);
});

it("writes files that compile, are formatted, and are linted", async () => {
  expect(await inCopy("tsc", "--noEmit", "-p", ".")).toMatchObject({ code: 0, output: "" });
  const files = [...printed.matchAll(/^wrote {3}(.*)$/gm)].map(([, file]) => String(file));
  expect(files).toHaveLength(7);
  const { code, output } = await inCopy(
    "biome",
    "check",
    "--vcs-enabled=false",
    "--error-on-warnings",
    ...files,
  );
  expect(code, output).toBe(0);
});

it("adds a function to the template, with its port and the permission to invoke it", async () => {
  const { output } = await inCopy(
    process.execPath,
    "--input-type=module",
    "--eval",
    `import { readTemplate } from "./test/template/template.ts";
     import { createStack } from "./test/template/stack.ts";
     const stack = createStack(readTemplate(), { engine: "redis", strategy: "single-user", functionName: "rotate",
       vpcSubnetIds: "subnet-1", vpcId: "vpc-1" });
     console.log(JSON.stringify(stack));`,
  );
  expect(output).toContain('"CodeUri":"dist/redis-single-user/"');
  expect(output).toMatch(/"FunctionName":"..RedisSingleUserFunction."/);
  expect(output).toContain("6379");
});

it("leaves a contract that fails case by case, each with what to write", async () => {
  const args = ["run", "test/contract/redis.test.ts", "--reporter=json", "--outputFile=outcome.json"];
  const { output } = await inCopy("vitest", ...args);
  const { testResults } = JSON.parse(await readFile(join(copy, "outcome.json"), "utf8"));
  const cases: { status: string; title: string; failureMessages: string[] }[] =
    testResults[0].assertionResults;
  expect(cases.length, output).toBeGreaterThan(50);
  expect(output).toMatch(/CONTRACT of redis: \d+ of \d+ cases; left out: /);
  const silent = cases.filter(({ status, failureMessages }) => {
    const told = failureMessages.join("\n");
    return status === "failed" && !/: write \w+|Write connect in functions\/redis\/engine\.ts/.test(told);
  });
  expect(
    silent.map(({ title, failureMessages }) => `${title}: ${failureMessages[0]?.slice(0, 300)}`),
  ).toEqual([]);
  const passed = cases.filter(({ status }) => status === "passed").map(({ title }) => title);
  expect(passed.length, passed.join("\n")).toBeLessThan(5);
});

it("explains itself, and refuses a name that exists", async () => {
  const usage = await inCopy(process.execPath, "build/new-engine/main.ts", "Redis");
  expect(usage).toMatchObject({ code: 2, output: expect.stringContaining("--driver PACKAGE") });
  const again = await inCopy(process.execPath, "build/new-engine/main.ts", ...NEW);
  expect(again).toMatchObject({ code: 2, output: "functions/redis/ exists.\n" });
});
