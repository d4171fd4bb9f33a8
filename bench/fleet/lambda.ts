import type { Clock } from "./clock.ts";

export interface Lambda {
  /** @throws when too many invocations are under way. */
  invoke(handler: () => Promise<void>): Promise<void>;
  readonly invocations: number;
  readonly refused: number;
  /** Started so far. */
  readonly processes: number;
}

/** Processes that handle one invocation at a time, and are started when none is idle. */
export function createLambda(clock: Clock, concurrency: number, coldStart: number): Lambda {
  let idle = 0;
  const lambda = { invocations: 0, refused: 0, processes: 0, invoke };

  async function invoke(handler: () => Promise<void>): Promise<void> {
    lambda.invocations++;
    if (idle === 0 && lambda.processes === concurrency) {
      lambda.refused++;
      throw new Error("TooManyRequestsException");
    }
    if (idle > 0) {
      idle--;
    } else {
      lambda.processes++;
      await clock.wait(coldStart);
    }
    try {
      await handler();
    } finally {
      idle++;
    }
  }
  return lambda;
}
