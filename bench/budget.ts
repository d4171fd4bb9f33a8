import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Size } from "./measures/bundle.ts";
import type { FirstAndNext, RoundTrips } from "./measures/round-trips.ts";
import { present, type Results } from "./results.ts";

/** What is held: sizes against growth, and counts as they are; what does not depend on the machine that it is measured on. */
export interface FunctionBudget {
  /** Of the JavaScript, deflated at level 6: `codeSize` measures it. */
  readonly zippedBytes: number;
  /** The first rotation of a secret, in which master-user makes the twin: `countRoundTrips` counts it. */
  readonly first: RotationBudget;
  /** Every later one. */
  readonly next: RotationBudget;
}

export type RotationBudget = Pick<
  RoundTrips,
  "apiCalls" | "failedApiCalls" | "sequentialApiRoundTrips" | "logins" | "rejectedLogins" | "sqlStatements"
>;

/** By the name of the function's folder in dist/. */
export type Budget = Readonly<Record<string, FunctionBudget>>;

/** Written by `npm run bench -- --write`, together with BENCHMARKS.md; read by test/budget. */
export const BUDGET_FILE = join(import.meta.dirname, "budget.json");

export function readBudget(): Budget {
  return JSON.parse(readFileSync(BUDGET_FILE, "utf8"));
}

/** @throws if not all of it was measured: half a budget would hold nothing of the other half. */
export function writeBudget({ functions }: Results): void {
  const budget = Object.entries(functions).map(([name, { bundle, roundTrips }]) => {
    const [sizes, counts] = [present(bundle), present(roundTrips)];
    if (!sizes || !counts) throw new Error(`There is no whole measurement of ${name} to keep.`);
    return [name, budgetOf(sizes.code, counts)];
  });
  writeFileSync(BUDGET_FILE, `${JSON.stringify(Object.fromEntries(budget), undefined, 2)}\n`);
}

/** What a function needs, as the budget has it. */
function budgetOf(code: Size, counts: FirstAndNext): FunctionBudget {
  return { zippedBytes: code.zipped, ...rotationsOf(counts) };
}

export function rotationsOf({ first, next }: FirstAndNext): Pick<FunctionBudget, "first" | "next"> {
  return { first: withoutSteps(first), next: withoutSteps(next) };
}

function withoutSteps({ perStep: _, ...counts }: RoundTrips): RotationBudget {
  return counts;
}
