import { RotationError } from "../report/errors.ts";

/** What the handler uses of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
  /** With the version or alias by which the function was invoked, if there was one. Lambda always says it. */
  readonly invokedFunctionArn?: string;
}

/** The moment by which a step must have ended, so that it fails with a sentence before Lambda kills it. */
export interface Deadline extends Disposable {
  /** Aborts when the time is up, and when the step has ended: nothing of a step outlives it. */
  readonly signal: AbortSignal;
  /** Milliseconds left, at least 1: drivers and servers read 0 as "no limit". */
  remaining(): number;
  /** Settles as the promise does, or rejects with reason `deadline` when the time is up. */
  bound<T>(promise: Promise<T>): Promise<T>;
}

/** Lambda needs a moment to report a failure; a tenth of the time, but never more than this. */
const LONGEST_MARGIN_MS = 1000;

export function deadlineOf(context: LambdaContext): Deadline {
  const given = context.getRemainingTimeInMillis();
  const end = performance.now() + given - Math.min(LONGEST_MARGIN_MS, given / 10);
  const remaining = () => Math.max(1, Math.floor(end - performance.now()));

  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  expired.catch(() => {}); // Unless somebody waits for it, nobody needs to hear of it.
  const timer = setTimeout(() => {
    reject(
      new RotationError(
        "deadline",
        `The step was not done ${Math.round(given / 1000)} s after it began.`,
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
