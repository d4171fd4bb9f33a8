import type { Stack } from "../../stack.ts";

/** What the function said when it failed, as its caller and its log have it. */
export interface Failure {
  readonly message: string;
  /** What stands in brackets at the end. */
  readonly reason: string | undefined;
  /** The log line of the step; undefined if the event was none of a step. */
  readonly step?: { readonly step: string; readonly cause: string; readonly remedy: string };
}

export function failureOf({ log }: Stack, message: string): Failure {
  const [, reason] = / \[([a-z-]+)\]$/.exec(message) ?? [];
  const step = log.map(parsed).findLast((line) => line?.outcome === "failed" && line.message === message);
  return { message, reason, ...(step && { step: step as Failure["step"] & object }) };
}

/** Lambda's own lines are no objects. */
function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(line));
  } catch {
    return undefined;
  }
}
