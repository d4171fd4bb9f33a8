import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { missing } from "../../build/new-engine/missing.ts";
import { ROOT } from "../template/template.ts";

/** Upstream at the commit that was forked, with a later one, and a fork that has added an engine. */
let folder: string;
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: "pipe",
  });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fork-"));
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const file of files.trim().split("\n")) {
    try {
      cpSync(join(ROOT, file), join(folder, file));
    } catch {
      // Deleted, but not committed yet.
    }
  }
  git("init", "--quiet", "--initial-branch=upstream");
  git("add", "--all");
  git("commit", "--quiet", "--message=The version that was forked");
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const change = (file: string, from: string | RegExp, to: string) => {
  const text = readFileSync(join(folder, file), "utf8");
  expect(text, `${file} is not what this test expects`).toMatch(from);
  writeFileSync(join(folder, file), text.replace(from, to));
};

it("a fork with an added engine takes over a later version without a conflict", () => {
  git("switch", "--quiet", "--create", "fork");
  execFileSync(
    process.execPath,
    ["build/new-engine/main.ts", "redis", "--product", "Redis", "--port", "6379", "--driver", "pg"],
    { cwd: folder, stdio: "pipe" },
  );
  git("add", "--all");
  git("commit", "--quiet", "--message=Add an engine");

  git("switch", "--quiet", "upstream");
  // What later versions change in files that a new engine has entries in, and in everything else.
  change("template.yaml", /^Description: .*$/m, "Description: A later version");
  change("template.yaml", "    MinValue: 128\n", "    MinValue: 160\n");
  change(
    "template.yaml",
    "      Description: Rotates PostgreSQL secrets, single-user",
    "      Description: Rotates PostgreSQL secrets",
  );
  change("template.yaml", "      RetentionInDays: !Ref logRetentionInDays", "      RetentionInDays: 7");
  change("engines.json", '"product": "PostgreSQL"', '"product": "Postgres"');
  change("package.json", /"version": "[^"]+"/, '"version": "99.0.0"');
  appendFileSync(join(folder, "shared/engine/engine.ts"), "\n// Later.\n");
  appendFileSync(join(folder, "functions/postgres/engine.ts"), "\n// Later.\n");
  appendFileSync(join(folder, "test/contract/contract-server.ts"), "\n// Later.\n");
  appendFileSync(join(folder, "CHANGELOG.md"), "\nLater.\n");
  git("commit", "--quiet", "--all", "--message=A later version");

  git("switch", "--quiet", "fork");
  expect(git("merge", "--no-edit", "upstream")).not.toContain("CONFLICT");
  expect(git("status", "--porcelain", "--untracked-files=no")).toBe("");
  expect(missing(folder)).toEqual([
    "bench/budgets/redis.json is missing: its size and its calls may grow unnoticed: " +
      "npm run bench -- --budget --engine redis writes it.",
  ]);
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version).toBe("99.0.0");
});
