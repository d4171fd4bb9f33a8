import type { FunctionBudget } from "../../bench/budgets.ts";

/** How far from its budget a number may be. */
const ALLOWANCE = 0.05;

/** What the size came to if it is past its budget and the allowance; empty if it is not. */
export function growth(zippedBytes: number, budget: FunctionBudget): string[] {
  // What is no number has not stayed below anything.
  const held = zippedBytes <= budget.zippedBytes * (1 + ALLOWANCE);
  return held ? [] : [told("zippedBytes", zippedBytes, budget.zippedBytes)];
}

/** What is counted of a function. */
type Rotations = Pick<FunctionBudget, "first" | "next">;

/**
 * The counts that are farther from the budget than the allowance, each with both numbers: up to 20, any difference. Fewer
 * is one as well: either the budget can be smaller, or something is no longer counted.
 */
export function differences(measured: Rotations, budget: Rotations): string[] {
  return (["first", "next"] as const).flatMap((which) => {
    const now = new Map(Object.entries<number>(measured[which]));
    return Object.entries<number | null>(budget[which]).flatMap(([name, allowed]) => {
      const value = now.get(name) ?? Number.NaN;
      // What the database product does not count is no number, and null in the budget's file.
      const held = allowed === null ? Number.isNaN(value) : Math.abs(value - allowed) <= allowed * ALLOWANCE;
      return held ? [] : [told(`${which}.${name}`, value, allowed)];
    });
  });
}

function told(name: string, value: number, allowed: number | null): string {
  return `${name}: ${value}, budget ${allowed}`;
}
