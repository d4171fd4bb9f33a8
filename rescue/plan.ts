/** What a verb has found, and what it would do about it. */
export interface Plan {
  /** Sentences. */
  readonly findings: readonly string[];
  /** In their order; none if there is nothing to do, or nothing that can be done. */
  readonly steps: readonly PlannedStep[];
  /** Right before the first step: throws if what the plan rests on does not hold any more. */
  stillHolds(): Promise<void>;
  /** What to do next, when the steps are done; sentences and commands. */
  readonly next: readonly string[];
  /** Without steps: whether nothing is wrong. */
  readonly healthy: boolean;
}

export interface PlannedStep {
  /** The call or the change, in words: an imperative sentence. */
  readonly words: string;
  /** @returns what has been done, as a sentence. */
  run(): Promise<string>;
}

/** There is nothing to do. */
export function nothingToDo(findings: readonly string[], next: readonly string[] = []): Plan {
  return { findings, steps: [], stillHolds: async () => {}, next, healthy: true };
}

/** Something is wrong, and this verb does nothing about it. */
export function noWay(findings: readonly string[], next: readonly string[]): Plan {
  return { ...nothingToDo(findings, next), healthy: false };
}
