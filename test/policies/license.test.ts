import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/**
 * The evaluator of these tests is under the AGPL: it may judge what we ship, and be no part of it. So no program of ours
 * may reach it, neither in a bundle nor on somebody's machine.
 */

const EVALUATOR = "@cloud-copilot/iam-simulate";
const ROOT = join(import.meta.dirname, "..", "..");

const PROGRAMS = [
  "build/*.ts",
  "functions/*/{single-user,master-user}.ts",
  "local/*/main.ts",
  "local/lambda/bootstrap.ts",
  "deploy/**/*.ts",
];

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

/** All files and packages that the programs import, directly or through others. */
function imported(files: string[]): { files: Set<string>; packages: Set<string> } {
  const all = { files: new Set<string>(), packages: new Set<string>() };
  const queue = [...files];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (all.files.has(file)) continue;
    all.files.add(file);
    for (const [, name = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(IMPORT)) {
      if (!name.startsWith(".")) all.packages.add(name);
      else if (name.endsWith(".ts")) queue.push(relative(ROOT, join(ROOT, dirname(file), name)));
    }
  }
  return all;
}

test("no shipped program imports the policy evaluator or anything else in test/", () => {
  const programs = globSync(PROGRAMS, { cwd: ROOT, exclude: ["**/node_modules/**"] });

  const { files, packages } = imported(programs);

  expect(programs.length).toBeGreaterThan(5);
  expect(packages).toContain("@aws-sdk/client-secrets-manager");
  expect([...files].filter((file) => file.startsWith("test/"))).toEqual([]);
  expect([...packages].filter((name) => name.startsWith("@cloud-copilot/"))).toEqual([]);
});

test("the search for imports finds the evaluator in this test", () => {
  expect(imported(["test/policies/mutants.test.ts"]).packages).toContain(EVALUATOR);
});

test("the evaluator is a development dependency only", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

  expect(devDependencies).toHaveProperty([EVALUATOR]);
  expect(dependencies).not.toHaveProperty([EVALUATOR]);
});
