import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

function run(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["rescue/main.ts", ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

test.each([
  [["--help"], /VERB --help/],
  [["explain", "--help"], /--json/],
  [["unstick", "--help"], /--without-database/],
  [["reset", "--help"], /--master-secret-id/],
  [["discard", "--help"], /AWSPREVIOUS/],
])("answers %j", async (args, text) => {
  expect(await run(...args)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(text), stderr: "" });
});

test.each([
  [["mend", "--secret-id", "app"], /"mend" is no verb; valid verbs are explain, unstick, reset, discard/],
  [["reset"], /--secret-id is missing/],
  [["reset", "--secret-id", "app", "--json"], /reset has no option --json; valid options are/],
  [["--secret-id", "app", "--yes"], /explain has no option --yes/],
  [["--secret-id", "app", "--through", "15432"], /--through cannot be "15432"; it is HOST:PORT/],
  [["--secret", "app"], /Unknown option '--secret'; valid options are/],
])("reports %j as wrong usage", async (args, text) => {
  expect(await run(...args)).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringMatching(text) });
});
