import { setTimeout as wait } from "node:timers/promises";
import type { Deadline } from "../protocol/deadline.ts";
import { isThrottled } from "./secrets-manager-errors.ts";

/** Maximum milliseconds of the first pause and of any pause. The length is random, so that a fleet spreads out. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

export const PAUSES: Pauses = { first: 1000, longest: 5000 };
/**
 * For the call that ends a rotation. It has shorter pauses than createSecret, which shares its quota: if it failed, the
 * rotation would begin again, with another call of createSecret.
 */
export const LAST_PAUSES: Pauses = { first: 500, longest: 500 };

/** Milliseconds that the SDK's three attempts may take: its pauses after throttling are up to 1000 and 2000 ms. */
export const ATTEMPTS_MS = 4000;

/**
 * Repeats a call until it is not throttled, while the step has time. If many secrets are rotated at the same time and the
 * step gave up after the SDK's three attempts, the rotation would begin again. In the simulation of bench/fleet, that takes
 * a third longer.
 */
export async function unlessThrottled<T>(
  call: (options: { abortSignal: AbortSignal }) => Promise<T>,
  deadline: Deadline,
  { first, longest }: Pauses = PAUSES,
): Promise<T> {
  for (let pause = first; ; pause = Math.min(2 * pause, longest)) {
    try {
      return await call({ abortSignal: deadline.signal });
    } catch (error) {
      // Leaves time for the last attempt, so that the error is `throttled` and not `deadline`.
      const left = deadline.remaining() - ATTEMPTS_MS;
      if (!isThrottled(error) || left <= 0) {
        throw error;
      }
      await wait(Math.random() * Math.min(pause, left), undefined, { signal: deadline.signal });
    }
  }
}
