import { inspect } from "node:util";
import { expect } from "vitest";
import { type Reason, RotationError } from "../../../shared/report/errors.ts";
import { findSecrets } from "../../support/find-secrets.ts";

/** Time after the end of an invocation in which its failure must have arrived, for a machine that is busy. */
const SLACK_MS = 2500;

/** The failure that a verb must end in. */
export async function failureOf(work: Promise<unknown>, ...reasons: Reason[]): Promise<RotationError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) {
    return expect.fail(`It should have thrown, and resolved to ${typeof outcome.value}.`);
  }
  const { error } = outcome;
  if (!(error instanceof RotationError)) {
    return expect.fail(`It should have thrown a RotationError, and threw ${inspect(error)}`);
  }
  if (reasons.length > 0) {
    expect(reasons, `${error.reason}: ${error.message}`).toContain(error.reason);
  }
  return error;
}

/** Whether it failed as a verb may fail; an answer that is lost after the work is done need not be a failure. */
export async function hasFailed(work: Promise<unknown>): Promise<boolean> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === "rejected") await failureOf(work);
  return outcome.status === "rejected";
}

/** Fails if the work has not ended by the time that the invocation had, plus a little. */
export async function within<T>(milliseconds: number, work: PromiseLike<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new Error(`It should have ended after ${milliseconds} ms at the latest, and is still under way.`),
    );
  }, milliseconds + SLACK_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.then(undefined, () => {}); // Whatever becomes of it later has been reported as late.
  }
}

/** Looks through message, stack, causes and own properties, hidden ones included: Lambda prints most of them. */
export function expectNoSecret(error: unknown, ...secrets: string[]): void {
  const text = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, maxStringLength: null });
  expect(findSecrets(secrets, text), `An error carries a secret: ${text}`).toEqual([]);
}

/** The statements of "…, run as an administrator: <statements>", which end such a message. */
export function remedyIn({ message }: Error): string {
  const statements =
    /as an administrator(?: in [^:;]+)?: (.+?)(?: - (?:if|otherwise|then) | \[[a-z-]+\]$|$)/is.exec(
      message,
    )?.[1];
  return statements ?? expect.fail(`The message should end in the statement that cures it: ${message}`);
}
