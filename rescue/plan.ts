/** Findings of a verb, and the steps that would repair them. */
export interface Plan {
  /** Sentences. */
  readonly findings: readonly string[];
  /** In order. Empty if nothing has to be done, or the verb cannot help. */
  readonly steps: readonly PlannedStep[];
  /** Called right before the first step. @throws if the state that the plan was made for has changed */
  assertStillValid(): Promise<void>;
  /** Sentences and commands for the time after the steps. */
  readonly next: readonly string[];
  /** For a plan without steps: whether nothing is wrong. */
  readonly healthy: boolean;
}

export interface PlannedStep {
  /** Description of the call or the change: an imperative sentence. */
  readonly description: string;
  /** @returns a sentence that says what was done */
  run(): Promise<string>;
}

/** A plan without steps: nothing is wrong. */
export function nothingToDo(findings: readonly string[], next: readonly string[] = []): Plan {
  return { findings, steps: [], assertStillValid: async () => {}, next, healthy: true };
}

/** A plan without steps: something is wrong, and the verb cannot repair it. */
export function notRepairable(findings: readonly string[], next: readonly string[]): Plan {
  return { ...nothingToDo(findings, next), healthy: false };
}
