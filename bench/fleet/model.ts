import type { Step } from "../../local/secrets-manager/events.ts";

/** A step as rounds of concurrent calls. A round starts after the answers of the round before. */
export interface StepModel {
  readonly rounds: readonly {
    /** Milliseconds before the round: the function's own work, and its waits for the database. */
    readonly before: number;
    readonly operations: readonly string[];
  }[];
  /** From the last answer to the end of the step, in milliseconds. */
  readonly after: number;
}

/** A rotation function as recorded. */
export interface FunctionModel {
  readonly steps: Record<Step, StepModel>;
  /** createSecret if an earlier attempt has stored the value. */
  readonly createSecretAgain: StepModel;
  /** Extra milliseconds of a process's first invocation, including the start of the process. */
  readonly coldStart: number;
}

/**
 * Groups the calls of a step into rounds.
 *
 * @param calls in the order of arrival; all times are milliseconds of one clock
 * @param thinkingTime milliseconds from the arrival of a call to its answer: long, so that the calls of a round overlap
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
    // 2 ms: a timer may fire early.
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
