import type { RotationOutcome } from "../../../local/stack.ts";
import type { Effect } from "../harness.ts";
import type { Monitor } from "../monitor.ts";

/** Timeout of a function that stays frozen, in seconds: whatever the server does for it ends within this time. */
export const TIMEOUT_SECONDS = 8;
/** Timeout of a function that is woken, in seconds: its deadline is not over when it goes on, unless it held a lock. */
export const LONG_TIMEOUT_SECONDS = 12;

/** A step that holds the lock trusts the staging labels that it has read for one second (`confirmation`). */
export const TRUSTED_MS = 1000;

/** What is done to a process that is frozen, and to the rotation that it takes part in. */
export interface FreezingFault {
  /** Whether a retry may fail because the server still keeps a lock for the frozen process. */
  readonly mayWait: boolean;
  /** At the point of the injection: freezes the process, or prepares for it. */
  begin(watched: Monitor): Promise<void>;
  /** At each other effect before the process is frozen. */
  onEffect?(effect: Effect, watched: Monitor): void;
  /**
   * Waits until the service gives up on the frozen step, and throws what the service is told.
   *
   * @param step rejects at the function's timeout.
   */
  giveUp(step: Promise<void>, watched: Monitor): Promise<never>;
  /** Rotates, by default once. */
  rotate?(watched: Monitor): Promise<RotationOutcome>;
}

/** What a fault is brought about with. */
export interface Means {
  /** Of the product, as sentences. */
  readonly problems: string[];
  freezeNow(watched: Monitor): Promise<void>;
  /** Resolves when the handler has ended. */
  wake(): Promise<void>;
}
