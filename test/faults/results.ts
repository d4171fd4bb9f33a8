import type { EngineName, StrategyName } from "../../local/engines.ts";
import { secretsOf } from "../support/canary.ts";
import type { InjectedOutcome } from "./case.ts";
import type { Variant } from "./columns.ts";
import type { Harness } from "./harness.ts";
import { type Injection, nameOf } from "./injections.ts";
import type { Part } from "./matrix.ts";

export interface Result {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  /** Points of a clean rotation at which a fault can be injected, in all variants. */
  readonly points: number;
  readonly tried: number;
  /** Cases planned with a second fault in the second attempt, and cases in which it was injected. */
  readonly pairs: number;
  readonly injectedTwice: number;
  readonly converged: number;
  readonly lockouts: number;
  readonly wrongPromotions: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  /** For --only. */
  readonly id: string;
  readonly problems: readonly string[];
}

export interface Case {
  readonly variant: Variant;
  readonly injections: readonly Injection[];
}

export function createCounter({ engine, strategy, canary, only }: Part) {
  const count = { pairs: 0, injectedTwice: 0, tried: 0, converged: 0, lockouts: 0, wrongPromotions: 0 };
  const failures: Failure[] = [];
  return {
    count: ({ variant, injections }: Case, outcome: InjectedOutcome, harness: Harness) => {
      const { converged, lockouts, wrongPromotions, subject } = outcome;
      canary.hide(...subject.firstPasswords, ...secretsOf(harness, subject.secrets));
      const problems = [...outcome.problems, ...lockouts, ...wrongPromotions];
      // With a second fault there need not be a second attempt, nor one that gets as far.
      const wanted = only === undefined ? Math.min(injections.length, 1) : injections.length;
      if (outcome.struck < wanted) problems.push("The fault did not come about.");
      if (injections.length > 1) count.pairs++;
      if (outcome.struck > 1) count.injectedTwice++;
      count.tried++;
      if (converged) count.converged++;
      if (lockouts.length > 0) count.lockouts++;
      if (wrongPromotions.length > 0) count.wrongPromotions++;
      if (problems.length > 0) {
        failures.push({
          id: [engine, strategy, variant.name, nameOf(injections)].filter(Boolean).join("/"),
          problems,
        });
      }
    },
    result: (points: number): Result => ({ engine, strategy, points, ...count, failures }),
  };
}
