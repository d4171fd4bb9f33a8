import type { Explanation } from "../report/errors.ts";
import type { Session } from "./engine.ts";

/** The two users of the master-user strategy: the one of AWSCURRENT, and the one being rotated in. */
export interface Pair {
  readonly current: string;
  readonly alternate: string;
  /** Which of the two is the clone by its name, `…_clone`; undefined if the secret names both (`alternateUsername`). */
  readonly clone: "current" | "alternate" | undefined;
}

/**
 * What an engine needs for the master-user strategy: facts → plan → apply.
 *
 * `read` takes everything that there is to know about the two users into a plain view, and writes nothing. The view
 * decides nothing by itself: `strategies/take-over.ts` decides from its `ownership` whether the alternate user may be
 * taken over, testSecret from its `differences` and `unseen` whether it may be promoted. `plan` is pure. `apply` makes
 * the changes of a plan.
 */
export interface PairCapability<S extends Session = Session> {
  /** Who reads the facts in testSecret: `admin` where users cannot read their own privileges. */
  readonly checkedBy: "users" | "admin";
  /**
   * Runs the work while no other rotation can change the alternate user. The lock ends with the session, and no later
   * than the step's deadline, also if this process is frozen.
   */
  exclusively<T>(admin: S, pair: Pair, work: () => Promise<T>): Promise<T>;
  read(readers: Readers<S>, pair: Pair): Promise<PairView>;
  /**
   * Makes these changes, in their order, inside `exclusively`. A crash in between leaves nobody a login with the new
   * password, unless all that comes before the password is done.
   *
   * @param password stands in for the placeholder of the change of kind `password`.
   */
  apply(by: AdminReaders<S>, changes: readonly Change[], password: string): Promise<void>;
}

/** Who reads: in setSecret the admin user and the current one, in testSecret the users, or all three. */
export type Readers<S> = AdminReaders<S> | UserReaders<S>;

export interface AdminReaders<S> {
  readonly admin: S;
  readonly current: S;
}

export interface UserReaders<S> {
  readonly pending: S;
  /** Opens a session of the current user, for engines that cannot tell without one; the caller closes it. */
  openCurrent(): Promise<S>;
}

export interface PairView {
  readonly ownership: Ownership;
  /** How the pending (alternate) user differs from the current one, each as the end of "The pending user …". */
  readonly differences: readonly string[];
  /** What this reader cannot see, each as a noun phrase. If there is any, nothing is promoted. */
  readonly unseen: readonly string[];
  plan(taking: Taking): Plan;
}

/** Why the alternate user is the secret's to change: it is created, carries an ownership marker, or its password is known. */
export type Taking = "created" | "marked" | "possessed";

/** The facts that decide whether the alternate user may be taken over: the input of `strategies/take-over.ts`. */
export interface Ownership {
  readonly exists: boolean;
  /** The server's own users, such as `postgres`, are never taken over. */
  readonly reserved: boolean;
  /**
   * What an administrator has said of the pair by an ownership marker:
   * - `clone`: the one of the two that is the clone by its name is marked as the clone of the other.
   * - `reversed`: only the other way round, against the names.
   * - `partner`: the alternate user is marked as the partner of the current one; needed if the secret names both.
   */
  readonly marker: "clone" | "reversed" | "partner" | undefined;
  /** What the alternate user may do beyond the current one, and still could after the plan; noun phrases. */
  readonly gains: readonly Finding[];
  /** Users who have more power over the alternate user than over the base user, each as a sentence's beginning. */
  readonly outsiders: readonly Finding[];
  /** The statements, for an administrator, that mark the alternate user as belonging to the current one. */
  readonly mark: string;
  /** The statements that end a reversed marker. */
  readonly unmark?: string;
}

export interface Finding {
  /** `the user mallory is a member of app_clone`; `REPLICATION` */
  readonly what: string;
  /** What an administrator runs to end it. It never weakens the server. */
  readonly remedy: string;
}

export type Plan =
  | { readonly refusal: Explanation }
  | {
      readonly refusal?: never;
      /** Grants before revokes, the password last. A user in use is never locked, and loses nothing it is to have. */
      readonly changes: readonly Change[];
      /** Whether the facts are to be read again after all changes but the password: the server may answer otherwise then. */
      readonly again: boolean;
      /** Sentences for the log: what an administrator should know or do. */
      readonly warnings: readonly string[];
    };

export interface Change {
  /** As a person reads and runs it; in place of the password and of values that may be secret stands a placeholder. */
  readonly statement: string;
  /** `takes`: takes something away from an existing alternate user or changes a property of it; `adds` does not. */
  readonly kind: "adds" | "takes" | "password";
}
