import type { Feature } from "./contract-server.ts";
import type { Context } from "./support/context.ts";

/** Passes if it resolves. It can be run on its own, any number of times, on an engine that is right or wrong. */
export type Run = (context: Context) => Promise<void>;

/** What an engine may declare beyond what each must have. */
export type Capability = "secondPassword" | "pair";

export interface Case {
  /** What an engine and its product must have; without it the case is left out, and the run prints that. */
  readonly needs: readonly (Capability | Feature)[];
  readonly run: Run;
}

/** Cases for every engine. */
export function everyEngine<Name extends string>(runs: Record<Name, Run>): Record<Name, Case> {
  return needing([], runs);
}

/** Cases for engines and products that have what is named. */
export function needing<Name extends string>(
  needs: Case["needs"],
  runs: Record<Name, Run>,
): Record<Name, Case> {
  const entries = Object.entries<Run>(runs).map(([name, run]) => [name, { needs, run }]);
  return Object.fromEntries(entries); // The same keys.
}
