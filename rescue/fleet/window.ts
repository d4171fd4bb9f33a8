/** One PutSecretValue and one UpdateSecretVersionStage, which share a quota. */
const WRITES_PER_ROTATION = 2;

/** That quota in calls per second, per account and Region (page "Secrets Manager endpoints and quotas"). */
export const WRITES_PER_SECOND = 50;

/** AWS's maximum for the duration of a rotation window. */
const LONGEST_WINDOW_HOURS = 24;

export interface Window {
  /** Least seconds that the quota of writes allows for the rotations. */
  readonly leastSeconds: number;
  /** Seconds over which rotations at random moments are not throttled. */
  readonly seconds: number;
  /** `seconds` as a window of whole hours. */
  readonly hours: number;
  /** Number of windows, on different days. 1 if one is enough. */
  readonly windows: number;
}

/**
 * Computes the rotation window of a fleet: twice the time that the quota of writes takes. A test compares the result with the
 * simulation in bench/fleet.
 *
 * @param writesPerSecond the part of the quota that rotations may use
 */
export function windowFor(secrets: number, writesPerSecond: number = WRITES_PER_SECOND): Window {
  const leastSeconds = (secrets * WRITES_PER_ROTATION) / writesPerSecond;
  const seconds = 2 * leastSeconds;
  const whole = Math.max(1, Math.ceil(seconds / 3600));
  const windows = Math.ceil(whole / LONGEST_WINDOW_HOURS);
  return { leastSeconds, seconds, hours: Math.ceil(whole / windows), windows };
}
