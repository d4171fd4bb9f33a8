import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Report } from "./campaign.ts";

/** Processes of a whole campaign. Each keeps about one processor busy. */
const PARTS = 2;

/** Runs a campaign with these arguments in several processes, and adds up what they report. */
export async function runParts(args: readonly string[], seed: number): Promise<Report> {
  const parts = Array.from({ length: PARTS }, (_, index) => `${index + 1}/${PARTS}`);
  const reports = await Promise.all(
    parts.map((part) => runPart([...args, "--seed", String(seed), "--part", part])),
  );
  return reports.reduce(added);
}

/** @throws if the process ended without a report, as when its event loop stood still */
async function runPart(args: readonly string[]): Promise<Report> {
  const program = [join(import.meta.dirname, "main.ts"), ...args, "--json"];
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const running = promisify(execFile)(process.execPath, program, options);
  running.child.stderr?.pipe(process.stderr);
  const { stdout, signal } = await running.catch((error) => error);
  if (!stdout) throw new Error(`A part of the campaign ended without a report, by ${signal ?? "itself"}.`);
  return JSON.parse(stdout);
}

/** The reports of two parts as one. */
export function added(one: Report, other: Report): Report {
  const reasons = new Set([...Object.keys(one.reasons), ...Object.keys(other.reasons)]);
  return {
    seed: one.seed,
    areas: one.areas.map((area, index) => ({
      name: area.name,
      cases: area.cases + (other.areas[index]?.cases ?? 0),
      behind: area.behind + (other.areas[index]?.behind ?? 0),
    })),
    reasons: Object.fromEntries(
      [...reasons].map((reason) => [reason, (one.reasons[reason] ?? 0) + (other.reasons[reason] ?? 0)]),
    ),
    findings: [...one.findings, ...other.findings],
    mutants: {
      tried: one.mutants.tried + other.mutants.tried,
      seen: one.mutants.seen + other.mutants.seen,
      blind: [...one.mutants.blind, ...other.mutants.blind],
    },
    seconds: Math.max(one.seconds, other.seconds),
  };
}
