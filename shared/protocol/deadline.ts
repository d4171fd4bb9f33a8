import { RotationError } from "../report/errors.ts";

/** The part of Lambda's context that the handler uses. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
  /** Ends in the version or alias by which the function was invoked, if any. Lambda always sets it. */
  readonly invokedFunctionArn?: string;
}

/** The time by which a step must end, so that it fails with an error of ours before Lambda kills it. */
export interface Deadline extends Disposable {
  /** Aborts when the time is up and when the step has ended, so that no socket outlives the step. */
  readonly signal: AbortSignal;
  /** Returns the milliseconds left, at least 1: drivers and servers treat 0 as "no limit". */
  remaining(): number;
  /** Settles as the promise does, or rejects with reason `deadline` when the time is up. */
  bound<T>(promise: Promise<T>): Promise<T>;
}

/** Milliseconds before Lambda's timeout, or a tenth of the timeout if that is less: time to report the failure. */
const LONGEST_MARGIN_MS = 1000;

export function deadlineOf(context: LambdaContext): Deadline {
  const given = context.getRemainingTimeInMillis();
  const end = performance.now() + given - Math.min(LONGEST_MARGIN_MS, given / 10);
  const remaining = () => Math.max(1, Math.floor(end - performance.now()));

  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  expired.catch(() => {}); // An unhandled rejection would end the process.
  const timer = setTimeout(() => {
    reject(
      new RotationError(
        "deadline",
        `The step timed out after ${Math.round(given / 1000)} s.`,
        "Something answers too slowly: see the connection and lock messages before this one; raise the " +
          "function's timeout only if the database is known to be slow.",
      ),
    );
    controller.abort();
  }, remaining());

  return {
    signal: controller.signal,
    remaining,
    bound: (promise) => Promise.race([promise, expired]),
    [Symbol.dispose]() {
      clearTimeout(timer);
      controller.abort();
    },
  };
}
