import type { CarefulEngine } from "../engine/careful-engine.ts";
import type { Invocation, OwnRotation, Session } from "../engine/engine.ts";
import type { RotationEvent } from "../protocol/event.ts";
import type { RunCheck } from "../report/examination.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import type { AWSCURRENT, AWSPENDING, AWSPREVIOUS, StagingLabels } from "../staging-labels.ts";

/**
 * How a rotation goes about users and passwords: which user comes next, how the database learns the new password,
 * and what must hold before it is promoted.
 */
export interface Strategy {
  /** The keys of the secret, besides the password, that the version after this one has other values for. */
  nextUser(current: DatabaseSecret): NextUser;
  /**
   * Logs in as the user of AWSCURRENT, which setSecret begins with.
   *
   * @throws RotationError `login-rejected` if none of the secret's passwords logs in that may.
   */
  open(rotation: Preview): Promise<Opened>;
  /**
   * The checks of preflight that only this strategy has: what setSecret would do, without doing it.
   *
   * @param user undefined if AWSCURRENT does not log in, or the server cannot change passwords as it is.
   */
  preview?(rotation: Preview, user: Session | undefined, run: RunCheck): Promise<void>;
  /** Makes the database accept the pending password. Repeatable. Returns what it did, for the log. */
  setSecret(rotation: SetRotation): Promise<string>;
  /** Throws unless the pending version may be promoted. Changes nothing. */
  testSecret(rotation: TestRotation): Promise<string>;
  /**
   * Turns off the old password after AWSCURRENT has moved, if RETAIN_PREVIOUS=false. It is not tried again: once a
   * version is current, its steps change nothing any more.
   */
  retirePrevious?(rotation: FinishRotation): Promise<string>;
}

export type NextUser = { readonly username: string; readonly alternateUsername?: string };

/** What the steps share: which secret and token, which engine, and within which limits. */
export interface Job {
  readonly event: RotationEvent;
  readonly engine: CarefulEngine;
  readonly invocation: Invocation;
}

/** What setSecret reads. */
export interface Preview extends Job {
  /** What the application logs in with. */
  readonly current: DatabaseSecret;
  /** What is being rotated in; undefined before createSecret. */
  readonly pending?: DatabaseSecret | undefined;
  /** Whether the secret has no version before the current one. */
  readonly isFirst: boolean;
  /** The value before the current one, read when asked for; undefined when none can be used. */
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
  /** What is being rotated in. It follows from the current value, or is a copy of it. */
  readonly pending: DatabaseSecret;
  /** Whether it is a copy of the current value (RotateImmediately=false). */
  readonly isCopy: boolean;
  /** What the application logs in with, read when asked for. */
  readCurrent(): Promise<DatabaseSecret>;
}

export interface FinishRotation extends Job {
  /** What has become current. */
  readonly pending: DatabaseSecret;
  /** As they are when asked for: the next rotation may have begun. */
  readLabels(): Promise<StagingLabels>;
}
