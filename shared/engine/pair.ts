import type { Explanation } from "../report/errors.ts";
import type { Session } from "./engine.ts";

/** The two users of the master-user strategy: that of AWSCURRENT, and the other one. */
export interface Pair {
  readonly current: string;
  readonly alternate: string;
  /** Which of the two is the clone by its name, `…_clone`; undefined if the secret names both (`alternateUsername`). */
  readonly clone: "current" | "alternate" | undefined;
}

/**
 * The part of an engine for the master-user strategy: read → plan → apply.
 *
 * `read` reads all facts about the two users into a plain view, and writes nothing. `strategies/take-over.ts` decides from
 * the view's `ownership` whether the alternate user may be taken over. testSecret decides from its `differences` and
 * `unseen` whether the user may be promoted. `plan` is pure. `apply` executes the changes of a plan.
 */
export interface PairCapability<S extends Session = Session> {
  /** Whose session reads the facts in testSecret: `admin` if users cannot read their own privileges. */
  readonly checkedBy: "users" | "admin";
  /**
   * Runs the work while no other rotation can change the alternate user. The lock ends with the session, and at the
   * step's deadline even if this process is frozen.
   */
  exclusively<T>(admin: S, pair: Pair, work: () => Promise<T>): Promise<T>;
  read(readers: Readers<S>, pair: Pair): Promise<PairView>;
  /**
   * Executes the changes in their order, inside `exclusively`. After a crash, no user logs in with the new password unless
   * all changes before the password were made.
   *
   * @param password replaces the placeholder in the change of kind `password`.
   */
  apply(by: AdminReaders<S>, changes: readonly Change[], password: string): Promise<void>;
}

/** The sessions that read: in setSecret and for `checkedBy: "admin"` the admin user's and the current user's. */
export type Readers<S> = AdminReaders<S> | UserReaders<S>;

export interface AdminReaders<S> {
  readonly admin: S;
  readonly current: S;
}

export interface UserReaders<S> {
  readonly pending: S;
  /** Opens a session of the current user. `read` calls it if it needs that session, and closes the session. */
  openCurrent(): Promise<S>;
}

export interface PairView {
  readonly ownership: Ownership;
  /** Differences between the pending (alternate) and the current user, each the end of "The pending user …". */
  readonly differences: readonly string[];
  /** Facts that the readers may not read, as noun phrases. Unless empty, nothing is promoted. */
  readonly unseen: readonly string[];
  plan(taking: Taking): Plan;
}

/** Why the alternate user may be changed: it is created, has an ownership marker, or logs in with a password of the secret. */
export type Taking = "created" | "marked" | "possessed";

/** The facts that decide whether the alternate user may be taken over: the input of `strategies/take-over.ts`. */
export interface Ownership {
  readonly exists: boolean;
  /** Whether it is a user of the server itself, such as `postgres`. Those are never taken over. */
  readonly reserved: boolean;
  /**
   * The ownership marker, which only an administrator or a rotation can set:
   * - `clone`: the user that is the clone by its name is marked as the clone of the other.
   * - `reversed`: the base user is marked as the clone of its clone, and not the clone as its.
   * - `partner`: the alternate user is marked as the partner of the current one. Needed if the secret names both.
   */
  readonly marker: "clone" | "reversed" | "partner" | undefined;
  /** Privileges of the alternate user that the current user lacks and the plan cannot revoke, as noun phrases. */
  readonly gains: readonly Finding[];
  /** Users with more power over the alternate user than over the base user, each as a sentence without its end. */
  readonly outsiders: readonly Finding[];
  /** The statements, for an administrator, that mark the alternate user as belonging to the current one. */
  readonly mark: string;
  /** The statements that remove a reversed marker. */
  readonly unmark?: string;
}

export interface Finding {
  /** `the user mallory is a member of app_clone`; `REPLICATION` */
  readonly what: string;
  /** The statement by which an administrator ends it. It never weakens the server. */
  readonly remedy: string;
}

export type Plan =
  | { readonly refusal: Explanation }
  | {
      readonly refusal?: never;
      /** Grants before revokes, the password last. The current user is never locked and loses no privilege. */
      readonly changes: readonly Change[];
      /** Whether the facts have to be read again after all changes but the password, and a new plan made. */
      readonly replan: boolean;
      /** Sentences for the log: what an administrator should know or do. */
      readonly warnings: readonly string[];
    };

export interface Change {
  /** The statement for people. The password, and values that may be secret, are placeholders. */
  readonly statement: string;
  /** `takes`: revokes something from an existing alternate user, or changes a property of it. `adds`: does neither. */
  readonly kind: "adds" | "takes" | "password";
}
