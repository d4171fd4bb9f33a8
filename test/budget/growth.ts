import type { FunctionBudget } from "../../bench/budget.ts";

/** How much more than its budget a function may need. */
const ALLOWANCE = 0.05;

/** What grew past the budget and its allowance, each with both numbers; empty if nothing did. */
export function growth(measured: FunctionBudget, budget: FunctionBudget): string[] {
  const now = new Map(numbersIn(measured));
  return numbersIn(budget).flatMap(([name, allowed]) => {
    const value = now.get(name) ?? Number.NaN;
    // What is no number has not stayed below anything.
    return value <= allowed * (1 + ALLOWANCE) ? [] : [`${name}: ${value}, budget ${allowed}`];
  });
}

function numbersIn({ zippedBytes, first, next }: FunctionBudget): [string, number][] {
  return [
    ["zippedBytes", zippedBytes],
    ...Object.entries(first).map(([name, value]): [string, number] => [`first.${name}`, value]),
    ...Object.entries(next).map(([name, value]): [string, number] => [`next.${name}`, value]),
  ];
}
