/** Settings of a simulated fleet: values that AWS does not publish, and values that you can choose. */
export interface Assumptions {
  readonly secrets: number;
  /** Seconds over which the rotations start; 0 is all at the same moment. */
  readonly startSeconds: number;
  /** Whether each starts at a random moment; otherwise the starts are evenly spread. */
  readonly atRandom: boolean;
  /** Attempts of the service at a rotation in one window, the first one included. */
  readonly attempts: number;
  /** Seconds until the service retries a failed rotation, on average: from half of it to one and a half. */
  readonly retrySeconds: number;
  /** Whether calls that are throttled use up quota as well. */
  readonly throttledCount: boolean;
  /** Invocations at a time in the account; one more is refused, and with it the attempt at the rotation. */
  readonly concurrency: number;
  /** The function's timeout in seconds. */
  readonly timeoutSeconds: number;
  /** How long a call to Secrets Manager takes, in milliseconds. */
  readonly apiMilliseconds: number;
  /** How many times longer the function's own work takes than on this machine: Lambda gives 256 MB a seventh of a core. */
  readonly slowness: number;
  /** Retries of throttled calls by the function. */
  readonly patience: Patience;
}

export interface Patience {
  /** Attempts of the SDK at a call: the function's `maxAttempts`. */
  readonly attempts: number;
  /** After which the function asks the SDK again, as long as time is left; undefined if it gives up at once. */
  readonly pauses: Pauses | undefined;
  /** The same for the call that ends a rotation. */
  readonly lastPauses: Pauses | undefined;
  /** How much of a step's time must be left for that, in milliseconds. */
  readonly enough: number;
}

/** The longest pauses in milliseconds, the first and any. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** As shared/aws/throttling.ts does it; a test holds the two together. */
export const AS_BUILT: Patience = {
  attempts: 3,
  pauses: { first: 1000, longest: 5000 },
  lastPauses: { first: 500, longest: 500 },
  enough: 4000,
};
/** The default of the SDK. */
export const SDK_ALONE: Patience = { attempts: 3, pauses: undefined, lastPauses: undefined, enough: 0 };

export const ASSUMED: Assumptions = {
  secrets: 10_000,
  startSeconds: 0,
  atRandom: false,
  attempts: Number.POSITIVE_INFINITY,
  retrySeconds: 10,
  throttledCount: false,
  concurrency: 1000,
  timeoutSeconds: 30,
  apiMilliseconds: 10,
  slowness: 7,
  patience: AS_BUILT,
};
