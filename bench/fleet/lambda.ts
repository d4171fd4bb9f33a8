import type { Clock } from "./clock.ts";
import { newSdk, type Sdk } from "./sdk.ts";

export interface Lambda {
  /** @param handler runs in a process, which has its own SDK. @throws if too many invocations are running */
  invoke(handler: (sdk: Sdk) => Promise<void>): Promise<void>;
  readonly invocations: number;
  readonly refused: number;
  /** Number of processes started so far. */
  readonly processes: number;
}

/** Simulates Lambda: a process handles one invocation at a time, and a new one starts if none is idle. */
export function createLambda(clock: Clock, concurrency: number, coldStart: number): Lambda {
  const idle: Sdk[] = [];
  const lambda = { invocations: 0, refused: 0, processes: 0, invoke };

  async function invoke(handler: (sdk: Sdk) => Promise<void>): Promise<void> {
    lambda.invocations++;
    if (idle.length === 0 && lambda.processes === concurrency) {
      lambda.refused++;
      throw new Error("TooManyRequestsException");
    }
    const sdk = idle.pop() ?? (await start());
    try {
      await handler(sdk);
    } finally {
      idle.push(sdk);
    }
  }

  async function start(): Promise<Sdk> {
    lambda.processes++;
    await clock.wait(coldStart);
    return newSdk();
  }
  return lambda;
}
