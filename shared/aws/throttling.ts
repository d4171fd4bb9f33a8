import { setTimeout as wait } from "node:timers/promises";
import type { Deadline } from "../protocol/deadline.ts";
import { isThrottled } from "./secrets-manager-errors.ts";

/** The longest pauses in milliseconds, the first and any: each is as long as chance wants, so that a fleet spreads out. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

export const PAUSES: Pauses = { first: 1000, longest: 5000 };
/**
 * For the call that ends a rotation. Who has come so far goes first: if it gave up, the rotation would begin again with
 * calls of its own, and those that share its quota, createSecret's, had been in vain.
 */
export const LAST_PAUSES: Pauses = { first: 500, longest: 500 };

/** For the SDK's three attempts: its pauses after "too many" are up to 1000 and 2000 ms, and each call takes a while. */
export const ATTEMPTS_MS = 4000;

/**
 * Makes a call until it is not throttled, as long as the step has time. When many secrets are rotated at the same
 * moment, giving up after the SDK's three attempts would throw away what the step has done, and the rotation would
 * begin again: by the simulation in bench/fleet that takes a third longer.
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
      // So that the error says that it was throttled, and not that time was up.
      const left = deadline.remaining() - ATTEMPTS_MS;
      if (!isThrottled(error) || left <= 0) {
        throw error;
      }
      await wait(Math.random() * Math.min(pause, left), undefined, { signal: deadline.signal });
    }
  }
}
