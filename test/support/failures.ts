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

/** Rotates a secret whose rotation must fail, and tells why and in which step it did. */
export async function failedRotation(stack: Stack, arn: string): Promise<FailedStep> {
  const outcome = await stack.rotate(arn);
  expect(outcome.succeeded, "The rotation should have failed.").toBe(false);
  return lastFailure(stack, arn);
}

/** Of the last step that failed for the secret, as the function logged it. */
export function lastFailure(stack: Stack, arn: string): FailedStep {
  const line = logged(stack.log).findLast(({ secret, outcome }) => secret === arn && outcome === "failed");
  expect(line, "No step of this secret has failed.").toBeDefined();
  return {
    step: String(line?.step),
    reason: String(line?.reason),
    message: String(line?.message),
    milliseconds: Number(line?.milliseconds),
  };
}

/** Invokes the function with an event that it must refuse. The reason is in what Lambda logs of a thrown error. */
export async function refusal(stack: Stack, event: object): Promise<Failure> {
  const before = stack.log.length;
  const thrown = await stack.rotationFunction.invoke(event).then(
    () => expect.fail("The invocation should have failed."),
    (error: unknown) => error,
  );
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const errors = logged(stack.log.slice(before)).map((line) => Object(line.message));
  const error = errors.find(({ errorMessage }) => errorMessage === message);
  return { reason: String(error?.reason), message };
}

function logged(lines: readonly string[]): Record<string, unknown>[] {
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
