import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installed, run, startService } from "./tools.ts";

const HERE = import.meta.dirname;
/** How many of moto's cases hold. May grow, never fall: a case does not move into the table of differences unseen. */
const LEAST = 152;

/** The first column of a table of moto.md, by the table's heading. */
async function casesOf(heading: string): Promise<string[]> {
  const text = await readFile(join(HERE, "moto.md"), "utf8");
  const section = text.split(/^## /m).find((one) => one.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, id = ""]) => id);
}

/** Outcomes by case, "passed" or what else pytest reports. */
async function runMoto(folder: string): Promise<Map<string, string>> {
  await using service = await startService();
  const results = await mkdtemp(join(tmpdir(), "moto-"));
  const python = installed("venv", "bin", "python") ?? "";
  try {
    const env = {
      ...service.environment,
      PYTHONPATH: HERE,
      MOTO_OUTCOMES: join(results, "outcomes.json"),
      MOTO_NOT_RUN: JSON.stringify(await casesOf("Cases that are not run")),
    };
    const flags = ["-p", "moto_plugin", "-p", "no:cacheprovider", "--color=no", "--tb=line", "-q"];
    const { output } = await run(python, ["-m", "pytest", ...flags, "tests/test_secretsmanager"], {
      cwd: folder,
      env,
    });
    process.stdout.write(`${output.trim().split("\n").at(-1)}\n`);
    return new Map(Object.entries(JSON.parse(await readFile(env.MOTO_OUTCOMES, "utf8"))));
  } finally {
    await rm(results, { recursive: true });
  }
}

const folder = installed("moto");

test.skipIf(folder === undefined)("moto's own cases hold, except where moto differs from AWS", async () => {
  const outcomes = await runMoto(folder ?? "");
  const failed = [...outcomes].filter(([, outcome]) => outcome !== "passed").map(([id]) => id);
  process.stdout.write(`moto: ${outcomes.size - failed.length} of ${outcomes.size} cases hold\n`);
  expect(failed.sort()).toEqual((await casesOf("Cases in which moto differs from AWS")).sort());
  expect(outcomes.size - failed.length).toBeGreaterThanOrEqual(LEAST);
});
