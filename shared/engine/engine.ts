import type { Duplex } from "node:stream";
import type { Deadline } from "../protocol/deadline.ts";
import type { Explanation, RotationError } from "../report/errors.ts";
import type { Log } from "../report/log.ts";
import type { Settings } from "../secret/settings.ts";
import type { PairCapability } from "./pair.ts";
import type { Wire } from "./wire.ts";

/** Everything that a login to a database needs. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string | undefined;
  readonly username: string;
  readonly password: string;
  /** `false` only if the secret says `"ssl": false`; otherwise chain and host name are verified. */
  readonly tls: false | { readonly serverName: string | undefined };
}

/** The limits, settings and log of one invocation of the function. */
export interface Invocation {
  readonly deadline: Deadline;
  readonly settings: Settings;
  readonly log: Log;
  /** Called with the socket of a login, then with its TLS stream. Preflight measures DNS, TCP and TLS with them. */
  observe?(stream: Duplex): void;
}

/** Facts about a database product that need no server. */
export interface Product {
  /** The values of the secret's `engine` key that this engine serves. */
  readonly names: readonly string[];
  readonly defaultPort: number;
  /** The database to log in to when the secret has no `dbname`; undefined where none is needed. */
  readonly defaultDatabase: string | undefined;
  /** Default of EXCLUDE_CHARACTERS: the one of AWS's template for the engine. */
  readonly excludedCharacters: string;
  /** Characters of the longest password that the server takes; undefined if that is more than 4096. */
  readonly longestPassword?: number;
  /**
   * Returns why this user name or password must not be stored, as a sentence with its remedy; undefined if it may. A
   * stored value cannot be replaced: one that the server refuses blocks the secret.
   */
  refusal(username: string, password: string): string | undefined;
  /** Other causes for which the server reports a wrong password: a sentence with its remedy, ending in " - ". */
  whyRefused?(username: string): string;
}

/**
 * A database product: what every folder below `functions/` implements.
 *
 * An engine for the single-user strategy has `connect`, a session that changes its own password, and `explain`.
 * `secondPassword` and `pair` are capabilities: an engine without `pair` has no master-user function.
 *
 * `careful-engine.ts` does for every engine what its author could forget: it refuses proxies, bounds what a server may
 * send, ends everything at the deadline and turns every error of the driver into a RotationError. Drivers put statements
 * and passwords into their errors: an engine never puts a driver's message into one of its own.
 */
export interface Engine<S extends Session = Session> extends Product {
  /**
   * Logs in. Resolves once the server has answered a statement.
   *
   * @returns undefined only if the server rejected this user name and password. Everything else (network, TLS, a locked
   * account, a full server, …) throws, since it says nothing about the password.
   */
  connect(login: Login, invocation: Invocation, wire: Wire): Promise<S | undefined>;
  /**
   * Returns the reason, cause and remedy of an error of the server.
   *
   * @param error the error that `connect` or another method of this engine has thrown.
   * @param during the methods that may have thrown it: `login` is connect, `session` those that a user runs about itself,
   * `admin` those that the admin user runs about the pair.
   * @returns undefined if the error did not come from the server. It is then reported as a lost connection.
   */
  explain(error: unknown, during: During, login: Login): RotationError | undefined;
  /** For servers on which the old password of a user can go on working beside the new one. */
  readonly secondPassword?: SecondPassword<S>;
  /** For the master-user strategy. */
  readonly pair?: PairCapability<S>;
  /**
   * Checks an open session for preflight. Writes nothing and takes no lock.
   *
   * @param as `user` if the session would change its own password, `admin` if it would prepare another user.
   * @throws RotationError that a rotation would fail with because of the server or the account: a replica, a setting.
   */
  inspect?(session: S, as: "user" | "admin"): Promise<Inspection>;
}

export interface Inspection {
  /** "PostgreSQL 18.4" */
  readonly version: string;
  /**
   * Whether single-user rotations have an unavailability window between setSecret and finishSecret: never, always, or
   * until an administrator follows the explanation. Ignored for the admin user.
   */
  readonly window: "none" | "always" | Explanation;
}

export type During = "login" | "session" | "admin";

/** An open, authenticated connection. Disposing closes it and never throws. */
export interface Session extends AsyncDisposable {
  readonly identity: Identity;
  /**
   * Changes the password of the session's user, atomically. Repeating it is harmless. Concurrent calls for the same user
   * wait for each other.
   *
   * Durability: when this resolves, the change survives a crash and a restart of the server. If the product keeps users in
   * memory until they are saved, this saves them. On a replica, which refuses changes or loses them, it throws `read-only`
   * before it changes anything; a product that does not replicate users is refused as `unsupported`.
   *
   * @returns `kept` if the old password goes on working, `ended` if it has stopped working, `already` if the user had the
   * new password before.
   */
  changeOwnPassword(next: string, rotation: OwnRotation): Promise<"kept" | "ended" | "already">;
}

/** The server's answer about a session. Every login is checked with it. */
export interface Identity {
  /** The user as which the server has authenticated the session. */
  readonly username: string;
  /** The session's number in the server's greeting, and in its answer to a query. Behind a pooler the two differ. */
  readonly greetingId?: number | undefined;
  readonly sessionId?: number | undefined;
}

/** Questions of `changeOwnPassword` about the rotation. */
export interface OwnRotation {
  /**
   * To be called inside the lock, right before the change is committed. Throws if the rotation has ended, as after a step
   * was frozen.
   *
   * @throws RotationError. The caller must then change nothing.
   */
  confirm(): Promise<void>;
  /** Reads the passwords that an abandoned rotation may have left: of AWSPREVIOUS and of versions without a label. */
  abandoned(): Promise<readonly string[]>;
}

export interface SecondPassword<S> {
  /**
   * Turns off the old password that changeOwnPassword has kept. Repeating it is harmless.
   *
   * @param whyNot called inside the lock of changeOwnPassword. A changeOwnPassword before it may have made this session's
   * password the old one.
   * @returns a sentence that says why nothing was turned off: the answer of `whyNot`, or that the user lacks the
   * privilege, with the statement for an administrator. Undefined if no old password works any more.
   */
  discard(session: S, whyNot?: () => Promise<string | undefined>): Promise<string | undefined>;
}
