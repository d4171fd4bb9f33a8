import type { Deadline } from "../protocol/deadline.ts";
import type { Log } from "../report/log.ts";
import type { Settings } from "../secret/settings.ts";

/** What it takes to log in to a database. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string | undefined;
  readonly username: string;
  readonly password: string;
  /** `false` only if the secret says `"ssl": false`; otherwise chain and host name are verified. */
  readonly tls: false | { readonly serverName: string | undefined };
}

/** One invocation of the function, for every verb that waits for a server or has something to report. */
export interface Invocation {
  readonly deadline: Deadline;
  readonly settings: Settings;
  readonly log: Log;
}

/**
 * A database product: the promise that every folder below `functions/` keeps.
 *
 * Nothing else in `shared/` knows which engine it has. All verbs throw a RotationError with a reason; what a
 * driver throws stays inside the engine, since drivers put statements, passwords included, into their errors.
 */
export interface Engine {
  /** The values of the secret's `engine` key that this engine serves. */
  readonly names: readonly string[];
  readonly defaultPort: number;
  /** The database to log in to when the secret has no `dbname`; undefined where none is needed. */
  readonly defaultDatabase: string | undefined;
  /** What EXCLUDE_CHARACTERS is when it is not set: AWS's own default for the engine. */
  readonly excludedCharacters: string;
  /** Whether a user can keep its old password beside the new one; sessions have `discardOldPassword` then. */
  readonly keepsTwoPasswords?: boolean;
  /**
   * Why this user name or password must not be stored, as a sentence with its remedy, or undefined. A stored
   * value is immutable: one that the server refuses blocks the secret.
   */
  refusal(username: string, password: string): string | undefined;
  /**
   * Logs in. Resolves once the server has answered a statement.
   *
   * @returns undefined only if the server refused this user name and password as such. Whatever else goes
   * wrong (network, TLS, a locked account, a full server, …) throws: nothing may be concluded from it about
   * the password.
   */
  connect(login: Login, invocation: Invocation): Promise<Session | undefined>;
}

/** An open, authenticated connection. Disposing closes it and never throws. */
export interface Session extends AsyncDisposable {
  /**
   * Changes the password of the user who logged in, in one atomic step; repeating it is harmless.
   * Concurrent calls for the same user wait for one another instead of failing.
   */
  changeOwnPassword(password: string): Promise<void>;

  /**
   * Turns off the password that changeOwnPassword has kept working beside the new one. Only engines that can keep
   * one have this verb; repeating it is harmless.
   *
   * @param whyNot asked when no changeOwnPassword of the same user can come in between any more: to one that came
   * before, the password of this session is the old one.
   * @returns why nothing was turned off, as a sentence: the answer of `whyNot`, or that the user may not, with the
   * statement for an administrator. Undefined if no old password works any more.
   */
  discardOldPassword?(whyNot?: () => Promise<string | undefined>): Promise<string | undefined>;

  /**
   * As an administrator: gives another user this password, on every host that the user exists for, and turns off a
   * second one that was kept beside the old one. Repeating it is harmless. No rotation needs it: it is what
   * `npm run rescue` resets and discards passwords with.
   *
   * @throws RotationError `missing-privilege` with the statement that cures it, before anything is changed;
   * `unsupported` if there is no such user.
   */
  setPassword(username: string, password: string): Promise<void>;

  /**
   * As an administrator: does the alternate user belong to the current one? Changes nothing.
   *
   * @returns undefined if the alternate user does not exist, or if one of the two carries our mark as the clone
   * of the other, which only an administrator can have put there. Otherwise the statement that puts it there.
   */
  missingMark(pair: Pair): Promise<string | undefined>;

  /**
   * As an administrator: makes the alternate user one that may do what the current user may, no more and no
   * less, and that logs in with this password. Repeating it is harmless.
   *
   * What it promises, in this order:
   * - Whatever would fail for lack of a privilege, or on a replica, is reported before the first change, with
   *   the statement that cures it.
   * - A user that is created is known as ours from the beginning, also after a crash, and cannot log in before
   *   everything else is done: the password comes last. An existing user is never locked, and loses nothing that
   *   the source of truth gives it.
   * - An existing user without our mark, which the strategy has decided to take, gets it. If the secret names both
   *   users (`pair.clone` is undefined), it is taken only if it may do just what the current user may: a mark that is
   *   an ordinary grant elsewhere proves nothing then.
   * - Privileges are brought in line by difference, grants before revokes. What the administrator may not
   *   carry over is logged.
   *
   * @param isOurs whether the alternate user logs in with a password of the secret; asked for only where nothing else
   * decides, since each refusal counts towards a lock. Without it, nothing shows that.
   */
  prepareAlternate(pair: Pair, password: string, isOurs?: () => Promise<boolean>): Promise<void>;

  /**
   * As the pending user: how its privileges and attributes differ from those of the current user. Each
   * difference is the end of the sentence "The pending user …". Changes nothing.
   *
   * @param openCurrent opens a session of the current user, for engines that cannot tell without one; whoever
   * calls it disposes of the session.
   */
  differences(pair: Pair, openCurrent: () => Promise<Session>): Promise<string[]>;
}

/** The two users of the master-user strategy: the one of AWSCURRENT, and the one being rotated in. */
export interface Pair {
  readonly current: string;
  readonly alternate: string;
  /** Which of the two is the clone by its name; undefined if the secret names both. A mark says it better. */
  readonly clone: "current" | "alternate" | undefined;
}
