import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { AREAS } from "./areas.ts";
import type { Report } from "./campaign.ts";
import { printed, shortcomings } from "./report.ts";

/** A few in every area. npm run test:fuzz tries many more, and functions with mistakes. */
const CASES = 1000;

/** The campaign takes over the process that it runs in: what it writes, its names, and what happens when it crashes. */
async function campaign(...more: string[]): Promise<Report> {
  const args = [join(import.meta.dirname, "main.ts"), "--json", "--cases", String(CASES), ...more];
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error) => error);
  return JSON.parse(stdout);
}

test("answers bad and malicious input with an error in time, without a leaked secret, a write or a login", async () => {
  const seed = process.env.FUZZ_SEED;
  const report = await campaign(...(seed === undefined ? [] : ["--seed", seed]));

  process.stdout.write(`${printed(report)}\n`);
  expect(report.findings).toEqual([]);
  expect(shortcomings(report)).toEqual([]);
  expect(report.areas.map(({ name }) => name)).toEqual(AREAS.map(({ name }) => name));
  expect(report.areas.every(({ cases }) => cases > 0)).toBe(true);
}, 240_000);
