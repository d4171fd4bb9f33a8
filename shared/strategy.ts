import type { Engine, Limits } from "./engine.ts";
import type { Log } from "./log.ts";
import type { DatabaseSecret } from "./secret.ts";

/**
 * How a rotation goes about users and passwords: which user name comes next, how the database learns the new
 * password, and what must hold before it is promoted.
 */
export interface Strategy {
  /** The user name of the version after this one. */
  nextUsername(current: DatabaseSecret, engine: Engine): string;
  /** Makes the database accept the pending password. Repeatable. Returns what it did, for the log. */
  setSecret(rotation: SetRotation): Promise<string>;
  /** Throws unless the pending version may be promoted. Changes nothing. */
  testSecret(rotation: TestRotation): Promise<string>;
}

export interface TestRotation {
  /** The secret's ARN, for commands that an error message recommends. */
  readonly secretId: string;
  readonly engine: Engine;
  readonly limits: Limits;
  readonly log: Log;
  /** The value that is being rotated in. */
  readonly pending: DatabaseSecret;
}

export interface SetRotation extends TestRotation {
  /** The value that AWSCURRENT is on: what the application logs in with. */
  readonly current: DatabaseSecret;
  /** The value before the current one, read when asked for; undefined when none can be used. */
  readPrevious(): Promise<DatabaseSecret | undefined>;
}
