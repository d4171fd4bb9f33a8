import { expect } from "vitest";
import type { Stack } from "../../local/stack.ts";

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

export interface FailedStep extends Failure {
  readonly step: string;
  readonly milliseconds: number;
}

/** Rotates a secret whose rotation must fail. Returns the reason and the step of the failure. */
export async function failedRotation(stack: Stack, arn: string): Promise<FailedStep> {
  const outcome = await stack.rotate(arn);
  expect(outcome.succeeded, "The rotation should have failed.").toBe(false);
  return lastFailure(stack, arn);
}

/** The last failed step of the secret, as the function logged it. */
export function lastFailure(stack: Stack, arn: string): FailedStep {
  const line = logged(stack.log).findLast(({ secret, outcome }) => secret === arn && outcome === "failed");
  expect(line, "No step of this secret has failed.").toBeDefined();
  const reason = String(line?.reason);
  return {
    step: String(line?.step),
    reason,
    message: withoutReason(String(line?.message), reason),
    milliseconds: Number(line?.milliseconds),
  };
}

/** Invokes the function with an event that it must refuse. Reads the reason from Lambda's log of the thrown error. */
export async function refusal(stack: Stack, event: object): Promise<Failure> {
  const before = stack.log.length;
  const thrown = await stack.rotationFunction.invoke(event).then(
    () => expect.fail("The invocation should have failed."),
    (error: unknown) => error,
  );
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const errors = logged(stack.log.slice(before)).map((line) => Object(line.message));
  const error = errors.find(({ errorMessage }) => errorMessage === message);
  const reason = String(error?.reason);
  return { reason, message: withoutReason(message, reason) };
}

/**
 * Cause and remedy of an error, without the reason at the end, which every error has. Tests run the remedy's statements
 * and commands.
 */
function withoutReason(message: string, reason: string): string {
  const end = ` [${reason}]`;
  expect(message.endsWith(end), `"${message}" should end with its reason.`).toBe(true);
  return message.slice(0, -end.length);
}

function logged(lines: readonly string[]): Record<string, unknown>[] {
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
