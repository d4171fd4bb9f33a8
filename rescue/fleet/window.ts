/** PutSecretValue and UpdateSecretVersionStage: one of each a rotation, from one quota. */
const WRITES_PER_ROTATION = 2;

/** Calls a second in one account and Region, of both together: Secrets Manager's page of endpoints and quotas. */
export const WRITES_PER_SECOND = 50;

/** Windows are as many whole hours. */
const LONGEST_WINDOW_HOURS = 24;

export interface Window {
  /** What the quota of writes takes for so many rotations, in seconds: no window is long enough that is shorter. */
  readonly leastSeconds: number;
  /** With rotations at random moments of so many seconds no call is throttled. */
  readonly seconds: number;
  /** The shortest window of whole hours that is as long. */
  readonly hours: number;
  /** How many windows on different days it takes, if one is not enough. */
  readonly windows: number;
}

/**
 * How long a window of so many secrets must be: twice what the quota of writes takes. bench/fleet simulates fleets; a test
 * holds this to it.
 *
 * @param writesPerSecond what is left of the quota for rotations.
 */
export function windowFor(secrets: number, writesPerSecond: number = WRITES_PER_SECOND): Window {
  const leastSeconds = (secrets * WRITES_PER_ROTATION) / writesPerSecond;
  const seconds = 2 * leastSeconds;
  const whole = Math.max(1, Math.ceil(seconds / 3600));
  const windows = Math.ceil(whole / LONGEST_WINDOW_HOURS);
  return { leastSeconds, seconds, hours: Math.ceil(whole / windows), windows };
}
