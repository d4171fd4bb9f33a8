import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Rescued, runHere } from "../support/rescue.ts";

const ROOT = join(import.meta.dirname, "../..");

function runProcess(...args: string[]): Promise<Rescued> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["rescue/main.ts", ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

test.each([
  [["--help"], /VERB --help/],
  [["plan", "--secrets", "10000"], /takes 400 s .*\nIn 800 s, .*\nA window of 1 h is long enough/],
  [["plan", "--secrets", "200000", "--writes-per-second", "3", "--json"], /"windows": 4/],
])("a process answers %j", async (args, text) => {
  const ended = await runProcess(...args);
  expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(text), stderr: "" });
});

test("a process reports wrong usage", async () => {
  const { exitCode, stdout, stderr } = await runProcess("reset");
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^--secret-id is missing/);
});

test.each([
  [["explain", "--help"], /--json/],
  [["unstick", "--help"], /--without-database/],
  [["reset", "--help"], /--master-secret-id/],
  [["discard", "--help"], /AWSPREVIOUS/],
  [["list", "--help"], /--overdue/],
  [["plan", "--help"], /--secrets N/],
  [["plan", "--secrets", "200000", "--writes-per-second", "3"], /take 4 of 19 h/],
])("answers %j", async (args, text) => {
  const ended = await runHere(args);
  expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(text), stderr: "" });
});

test.each([
  [
    ["mend", "--secret-id", "app"],
    /"mend" is not a verb; valid verbs are explain, unstick, reset, discard, list, plan/,
  ],
  [["reset", "--secret-id", "app", "--json"], /reset has no option --json; valid options are/],
  [["--secret-id", "app", "--yes"], /explain has no option --yes/],
  [["--secret-id", "app", "--through", "15432"], /--through cannot be "15432"; use HOST:PORT/],
  [["plan"], /--secrets is missing/],
  [["plan", "--secrets", "many"], /whole numbers/],
  [["list", "--secret-id", "app"], /valid options are --function, --overdue, --json, --help/],
  [["--secret", "app"], /Unknown option '--secret'; valid options are/],
])("reports %j as wrong usage", async (args, text) => {
  expect(await runHere(args)).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringMatching(text) });
});
