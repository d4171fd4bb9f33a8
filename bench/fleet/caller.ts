import type { Assumptions } from "./assumptions.ts";
import type { Clock } from "./clock.ts";
import { Throttled } from "./quotas.ts";
import { type Sdk, send } from "./sdk.ts";

export interface Caller {
  /** Repeats a throttled call as the function does. @throws Throttled after the last attempt. */
  patiently(operation: string, call: () => void, sdk: Sdk, deadline: number): Promise<void>;
  /** Throttled calls so far. */
  readonly throttled: number;
  /** Retried calls so far. */
  readonly retried: number;
}

export function createCaller(clock: Clock, assumptions: Assumptions, random: () => number): Caller {
  const { apiMilliseconds, patience } = assumptions;
  const { attempts, enough } = patience;
  const caller = { throttled: 0, retried: 0, patiently };
  const tell = (again: boolean) => {
    caller.throttled++;
    if (again) caller.retried++;
  };

  async function patiently(operation: string, call: () => void, sdk: Sdk, deadline: number): Promise<void> {
    const pauses = operation === "UpdateSecretVersionStage" ? patience.lastPauses : patience.pauses;
    const { first, longest } = pauses ?? { first: 0, longest: 0 };
    const answered = async () => {
      await clock.wait(apiMilliseconds);
      call();
    };
    for (let pause = first; ; pause = Math.min(2 * pause, longest)) {
      try {
        return await send(answered, { sdk, attempts, clock, random }, tell);
      } catch (error) {
        const left = deadline - clock.now() - enough;
        if (!(error instanceof Throttled) || pauses === undefined || left <= 0) throw error;
        caller.retried++;
        await clock.wait(random() * Math.min(pause, left));
      }
    }
  }
  return caller;
}
