import * as v from "valibot";
import type { Stack } from "../../stack.ts";

/** The log line of a step that failed. */
const failedStep = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    outcome: v.literal("failed"),
    message: v.string(),
    step: v.string(),
    cause: v.string(),
    remedy: v.string(),
  }),
);

/** The error and the log line of a failed step. */
export interface Failure {
  /** Of the error that its caller gets. */
  readonly message: string;
  /** The reason in brackets at the end of the message. */
  readonly reason: string | undefined;
  /** The log line of the failed step; undefined if the event was not that of a step. */
  readonly step: v.InferOutput<typeof failedStep> | undefined;
}

export function failureOf({ log }: Stack, message: string): Failure {
  const [, reason] = / \[([a-z-]+)\]$/.exec(message) ?? [];
  const steps = log.flatMap((line) => {
    const { success, output } = v.safeParse(failedStep, line);
    return success ? [output] : []; // Lambda has lines of its own in the log.
  });
  return { message, reason, step: steps.findLast((step) => step.message === message) };
}
