import type { Assumptions } from "./assumptions.ts";
import type { Clock } from "./clock.ts";
import { Throttled } from "./quotas.ts";

export interface Caller {
  /** Makes a call until it is not throttled, as the function does. @throws Throttled when it gives up. */
  patiently(operation: string, call: () => void, deadline: number): Promise<void>;
  /** Answers so far that were "too many calls". */
  readonly throttled: number;
  /** Calls that were made again. */
  readonly retried: number;
}

/** StandardRetryStrategy of the SDK (@smithy/core 3): the pauses after a call that was throttled, in milliseconds. */
const SDK_PAUSE = { base: 500, longest: 20_000 };

/** What the function leaves for the SDK's attempts, in milliseconds. */
const ATTEMPTS = 3000;

export function createCaller(clock: Clock, assumptions: Assumptions, random: () => number): Caller {
  const { apiMilliseconds, patience } = assumptions;
  const caller = { throttled: 0, retried: 0, patiently };

  async function bySdk(call: () => void): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await clock.wait(apiMilliseconds);
      try {
        return call();
      } catch (error) {
        if (!(error instanceof Throttled)) throw error;
        caller.throttled++;
        if (attempt === patience.attempts) throw error;
      }
      caller.retried++;
      await clock.wait(random() * Math.min(SDK_PAUSE.longest, SDK_PAUSE.base * 2 ** (attempt - 1)));
    }
  }

  async function patiently(operation: string, call: () => void, deadline: number): Promise<void> {
    const pauses = operation === "UpdateSecretVersionStage" ? patience.lastPauses : patience.pauses;
    const { first, longest } = pauses ?? { first: 0, longest: 0 };
    for (let pause = first; ; pause = Math.min(2 * pause, longest)) {
      try {
        return await bySdk(call);
      } catch (error) {
        const left = deadline - clock.now() - ATTEMPTS;
        if (!(error instanceof Throttled) || pauses === undefined || left <= 0) throw error;
        caller.retried++;
        await clock.wait(random() * Math.min(pause, left));
      }
    }
  }
  return caller;
}
