/** Settings of a simulated fleet: values that AWS does not publish, and values that you can choose. */
export interface Assumptions {
  readonly secrets: number;
  /** Seconds over which the rotations start; 0: all at the same moment. */
  readonly startSeconds: number;
  /** Whether rotations start at random moments. If false, the starts are evenly spread. */
  readonly atRandom: boolean;
  /** Attempts of the service at a rotation in one window, the first one included. */
  readonly attempts: number;
  /** Average seconds until the service retries a failed rotation: 0.5 to 1.5 times as long. */
  readonly retrySeconds: number;
  /** Whether throttled calls use up quota as well. AWS does not say. */
  readonly throttledCount: boolean;
  /** Concurrent invocations in the account. Lambda refuses further ones, which fails the attempt at the rotation. */
  readonly concurrency: number;
  /** The function's timeout in seconds. */
  readonly timeoutSeconds: number;
  /** Milliseconds of a call to Secrets Manager. */
  readonly apiMilliseconds: number;
  /** Factor of the function's own work compared with this machine: at 256 MB, Lambda gives a seventh of a core. */
  readonly slowness: number;
  /** Retries of throttled calls by the function. */
  readonly patience: Patience;
}

export interface Patience {
  /** Attempts of the SDK at a call: the function's `maxAttempts`. */
  readonly attempts: number;
  /** Pauses before the function calls the SDK again, while time is left; undefined: no further calls. */
  readonly pauses: Pauses | undefined;
  /** Pauses for the call that ends a rotation. */
  readonly lastPauses: Pauses | undefined;
  /** Milliseconds of the step that must be left for another call. */
  readonly enough: number;
}

/** Longest pauses in milliseconds: the first one, and any. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** The retries of shared/aws/throttling.ts. A test compares the two. */
export const AS_BUILT: Patience = {
  attempts: 3,
  pauses: { first: 1000, longest: 5000 },
  lastPauses: { first: 500, longest: 500 },
  enough: 4000,
};
/** The SDK's default retries. */
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
