import type { CarefulEngine } from "../engine/careful-engine.ts";
import type { Invocation, OwnRotation, Session } from "../engine/engine.ts";
import type { RotationEvent } from "../protocol/event.ts";
import type { RunCheck } from "../report/examination.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import type { AWSCURRENT, AWSPENDING, AWSPREVIOUS, StagingLabels } from "../staging-labels.ts";

/** Decides which user comes next, how the database gets the new password, and what testSecret demands. */
export interface Strategy {
  /** Returns the fields, besides the password, that change in the next version. */
  nextUser(current: DatabaseSecret): NextUser;
  /**
   * Logs in as the user of AWSCURRENT. setSecret begins with it.
   *
   * @throws RotationError `login-rejected` if no password that the strategy accepts logs in.
   */
  open(rotation: Preview): Promise<Opened>;
  /**
   * Runs the checks of preflight that only this strategy has: what setSecret would do, without doing it.
   *
   * @param user undefined if AWSCURRENT does not log in, or the server cannot change passwords now.
   */
  preview?(rotation: Preview, user: Session | undefined, run: RunCheck): Promise<void>;
  /** Makes the database accept the pending password. Repeatable. Returns what it did, for the log. */
  setSecret(rotation: SetRotation): Promise<string>;
  /** Throws unless the pending version may be promoted. Changes nothing. */
  testSecret(rotation: TestRotation): Promise<string>;
  /**
   * Turns off the old password after AWSCURRENT has moved, if RETAIN_PREVIOUS=false. It is not retried: once a version is
   * AWSCURRENT, its steps change nothing.
   */
  retirePrevious?(rotation: FinishRotation): Promise<string>;
}

export type NextUser = { readonly username: string; readonly alternateUsername?: string };

/** The event, the engine and the limits of the invocation: all steps get them. */
export interface Job {
  readonly event: RotationEvent;
  readonly engine: CarefulEngine;
  readonly invocation: Invocation;
}

/** Values that setSecret and preflight read. */
export interface Preview extends Job {
  /** The value under AWSCURRENT. */
  readonly current: DatabaseSecret;
  /** The value under AWSPENDING; undefined before createSecret. */
  readonly pending?: DatabaseSecret | undefined;
  /** Whether the secret has no AWSPREVIOUS. */
  readonly isFirst: boolean;
  /** Reads AWSPREVIOUS; undefined if it cannot be used. */
  readPrevious(): Promise<DatabaseSecret | undefined>;
}

export interface Opened {
  readonly session: Session;
  /** The staging label of the password that has logged in. */
  readonly by: typeof AWSCURRENT | typeof AWSPENDING | typeof AWSPREVIOUS;
}

export interface SetRotation extends Preview, OwnRotation {
  readonly pending: DatabaseSecret;
}

export interface TestRotation extends Job {
  /** The value under AWSPENDING. It follows from the current value, or is a copy of it. */
  readonly pending: DatabaseSecret;
  /** Whether it is a copy of the current value (RotateImmediately=false). */
  readonly isCopy: boolean;
  /** Reads AWSCURRENT. */
  readCurrent(): Promise<DatabaseSecret>;
}

export interface FinishRotation extends Job {
  /** The value that is AWSCURRENT now. */
  readonly pending: DatabaseSecret;
  /** Reads the labels: the next rotation may have begun. */
  readLabels(): Promise<StagingLabels>;
}
