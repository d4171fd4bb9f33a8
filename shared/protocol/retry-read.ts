import { setTimeout as wait } from "node:timers/promises";
import type { Deadline } from "./deadline.ts";

const TRIES = 5;
const FIRST_WAIT_MS = 200;

/**
 * Reads again, a few times within three seconds, while the answer is undefined: Secrets Manager is eventually
 * consistent, so a version that the step before wrote may not be visible yet (aws-sdk-js-v3 issue 7701).
 *
 * @returns what was read at last; undefined means that it is really not there.
 */
export async function eventually<T>(
  read: () => Promise<T | undefined>,
  deadline: Deadline,
): Promise<T | undefined> {
  for (let tried = 1; ; tried++) {
    const found = await read();
    if (found !== undefined || tried === TRIES) {
      return found;
    }
    const longest = FIRST_WAIT_MS * 2 ** (tried - 1);
    await wait(longest * (0.5 + Math.random() / 2), undefined, { signal: deadline.signal });
  }
}
