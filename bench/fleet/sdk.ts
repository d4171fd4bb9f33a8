import type { Clock } from "./clock.ts";
import { Throttled } from "./quotas.ts";

/** The AWS SDK's client in one process of the function. */
export interface Sdk {
  /** Remaining retry tokens. */
  retryTokens: number;
}

// The SDK's StandardRetryStrategy, in milliseconds and tokens. A test compares the two.
const PAUSE = { base: 1000, longest: 20_000 };
const MOST_TOKENS = 500;
const COST = 5;

export function newSdk(): Sdk {
  return { retryTokens: MOST_TOKENS };
}

/** Called for each throttled call. @param again whether the call is retried */
export type Throttling = (again: boolean) => void;

/**
 * Makes a call like the SDK: a throttled call is retried after a pause, up to the SDK's number of attempts and while the
 * process has tokens.
 *
 * @throws Throttled after the last attempt
 */
export async function send(
  call: () => Promise<void>,
  { sdk, attempts, clock, random }: { sdk: Sdk; attempts: number; clock: Clock; random: () => number },
  tell: Throttling = () => {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await call();
      sdk.retryTokens = Math.min(MOST_TOKENS, sdk.retryTokens + (attempt === 1 ? 1 : COST));
      return;
    } catch (error) {
      if (!(error instanceof Throttled)) throw error;
      const again = attempt < attempts && sdk.retryTokens >= COST;
      tell(again);
      if (!again) throw error;
    }
    sdk.retryTokens -= COST;
    await clock.wait(Math.floor(random() * Math.min(PAUSE.longest, PAUSE.base * 2 ** (attempt - 1))));
  }
}
