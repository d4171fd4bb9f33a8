import type { Step } from "../../local/secrets-manager/events.ts";

/** A step: the calls of one round are made at once, and a round starts after the answers of the round before. */
export interface StepModel {
  readonly rounds: readonly {
    /** Milliseconds before the round: the function's own work, and its waits for the database. */
    readonly before: number;
    readonly operations: readonly string[];
  }[];
  /** From the last answer to the end of the step, in milliseconds. */
  readonly after: number;
}

/** A rotation function, as it was seen at work. */
export interface FunctionModel {
  readonly steps: Record<Step, StepModel>;
  /** createSecret after an earlier attempt that stored the value. */
  readonly createSecretAgain: StepModel;
  /** Extra milliseconds of the first invocation of a process, its start included. */
  readonly coldStart: number;
}

/**
 * Tells the rounds of a step apart.
 *
 * @param calls in the order in which they arrived; all times are milliseconds of one clock.
 * @param thinkingTime from the arrival of a call to its answer: long, so that calls of one round overlap.
 */
export function modelOf(
  step: { readonly began: number; readonly ended: number },
  calls: readonly { readonly operation: string; readonly at: number }[],
  thinkingTime: number,
): StepModel {
  const rounds: { before: number; operations: string[] }[] = [];
  let answered = step.began;
  let latest = step.began;
  for (const { operation, at } of calls) {
    const round = rounds.at(-1);
    // A timer may be a little early.
    if (round === undefined || at >= answered - 2) {
      rounds.push({ before: Math.max(0, at - latest), operations: [operation] });
      answered = at + thinkingTime;
    } else {
      round.operations.push(operation);
    }
    latest = at + thinkingTime;
  }
  return { rounds, after: Math.max(0, step.ended - latest) };
}
