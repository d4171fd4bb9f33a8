import { setTimeout as wait } from "node:timers/promises";
import type { Deadline } from "./deadline.ts";

const ATTEMPTS = 5;
const FIRST_WAIT_MS = 200;

/**
 * Repeats a read up to four times within about three seconds while it returns undefined. Secrets Manager is eventually
 * consistent: a version that the step before wrote may not be visible yet (aws-sdk-js-v3 issue 7701).
 *
 * @returns the result of the last read.
 */
export async function readUntilFound<T>(
  read: () => Promise<T | undefined>,
  deadline: Deadline,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await read();
    if (found !== undefined || attempt === ATTEMPTS) {
      return found;
    }
    const longest = FIRST_WAIT_MS * 2 ** (attempt - 1);
    await wait(longest * (0.5 + Math.random() / 2), undefined, { signal: deadline.signal });
  }
}
