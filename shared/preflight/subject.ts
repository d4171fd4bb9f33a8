import type { CarefulEngine } from "../engine/careful-engine.ts";
import type { Deadline } from "../protocol/deadline.ts";
import type { Log } from "../report/log.ts";
import type { Strategy } from "../strategies/strategy.ts";

/** The function that preflight examines, and the limits of the invocation. */
export interface Subject {
  readonly engine: CarefulEngine;
  readonly strategy: Strategy;
  /** ARN of the invoked function; undefined for `--local`, which accepts any function of the secret. */
  readonly functionArn: string | undefined;
  readonly deadline: Deadline;
  readonly log: Log;
}
