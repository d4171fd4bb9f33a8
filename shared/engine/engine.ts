import type { Duplex } from "node:stream";
import type { Deadline } from "../protocol/deadline.ts";
import type { Explanation, RotationError } from "../report/errors.ts";
import type { Log } from "../report/log.ts";
import type { Settings } from "../secret/settings.ts";
import type { PairCapability } from "./pair.ts";
import type { Wire } from "./wire.ts";

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
  /** Gets the socket of a login, then the TLS stream upon it: preflight sees in them how far a login comes. */
  observe?(stream: Duplex): void;
}

/** What there is to know of a database product without a server. */
export interface Product {
  /** The values of the secret's `engine` key that this engine serves. */
  readonly names: readonly string[];
  readonly defaultPort: number;
  /** The database to log in to when the secret has no `dbname`; undefined where none is needed. */
  readonly defaultDatabase: string | undefined;
  /** What EXCLUDE_CHARACTERS is when it is not set: AWS's own default for the engine. */
  readonly excludedCharacters: string;
  /** Characters of the longest password that the server takes; undefined if that is more than 4096. */
  readonly longestPassword?: number;
  /**
   * Why this user name or password must not be stored, as a sentence with its remedy, or undefined. A stored
   * value is immutable: one that the server refuses blocks the secret.
   */
  refusal(username: string, password: string): string | undefined;
  /** What looks like a wrong password to a client, and is something else: a sentence with its remedy, and " - ". */
  whyRefused?(username: string): string;
}

/**
 * A database product: what every folder below `functions/` implements.
 *
 * An engine for the single-user strategy has `connect`, a session that changes its own password, and `explain`.
 * `secondPassword` and `pair` are capabilities: an engine without `pair` has no master-user function.
 *
 * Nothing else in `shared/` knows which engine it has. `careful-engine.ts` does around every engine what each would
 * otherwise have to remember: it checks for proxies, bounds what a server may send, ends everything at the deadline
 * and turns whatever the driver throws into a RotationError. Drivers put statements, passwords included, into their
 * errors: an engine never puts a driver's message into one of its own.
 */
export interface Engine<S extends Session = Session> extends Product {
  /**
   * Logs in. Resolves once the server has answered a statement.
   *
   * @returns undefined only if the server refused this user name and password as such. Everything else (network,
   * TLS, a locked account, a full server, …) throws: nothing may be concluded from it about the password.
   */
  connect(login: Login, invocation: Invocation, wire: Wire): Promise<S | undefined>;
  /**
   * What an error of the server means, with its reason, cause and remedy.
   *
   * @param error what `connect` or another verb of this engine has thrown.
   * @param during which verbs it came from: `login` is connect, `session` are those that a user runs about itself,
   * `admin` those that the admin user runs about the pair.
   * @returns undefined if the error is not the server's: then it is told as a lost connection.
   */
  explain(error: unknown, during: During, login: Login): RotationError | undefined;
  /** For servers on which a user can keep its old password beside the new one. */
  readonly secondPassword?: SecondPassword<S>;
  /** For the master-user strategy. */
  readonly pair?: PairCapability<S>;
  /**
   * What preflight asks an open session. Writes nothing and takes no lock.
   *
   * @param as `user` if the session is to change its own password, `admin` if it is to prepare another user.
   * @throws what a rotation would fail with because of the server or the account: a replica, a setting, a plugin.
   */
  inspect?(session: S, as: "user" | "admin"): Promise<Inspection>;
}

export interface Inspection {
  /** "PostgreSQL 18.4" */
  readonly version: string;
  /**
   * Whether single-user rotations have an unavailability window, between setSecret and finishSecret: never, always, or
   * until somebody does what the explanation says. Nothing of a session `as` admin.
   */
  readonly window: "none" | "always" | Explanation;
}

export type During = "login" | "session" | "admin";

/** An open, authenticated connection. Disposing closes it and never throws. */
export interface Session extends AsyncDisposable {
  readonly identity: Identity;
  /**
   * Changes the password of the user who logged in, in one atomic step. Repeating it is harmless. Concurrent calls
   * for the same user wait for one another instead of failing.
   *
   * Durability: when this resolves, the change survives a crash and a restart of the server. If the product keeps users in
   * memory until they are saved, this saves them. On a replica, which refuses changes or loses them, it throws `read-only`
   * before it changes anything; a product that does not replicate users is refused as `unsupported`.
   *
   * @returns whether the old password goes on working (`kept`), has stopped working (`ended`), or whether the user
   * had the new password before (`already`).
   */
  changeOwnPassword(next: string, rotation: OwnRotation): Promise<"kept" | "ended" | "already">;
}

/** What the server says about a session; every engine's login is checked by it. */
export interface Identity {
  /** The user that the server has let in. */
  readonly username: string;
  /** The number of the session as the server greeted with it, and as it answers a query; a pooler's two differ. */
  readonly greetingId?: number | undefined;
  readonly sessionId?: number | undefined;
}

/** What a session that changes its own password may ask about the rotation. */
export interface OwnRotation {
  /**
   * To be called when no other run can change the password any more, right before the change is made for good: a
   * step that was frozen meanwhile finds here that its rotation is over.
   *
   * @throws RotationError: then nothing may be changed.
   */
  confirm(): Promise<void>;
  /** Passwords that an abandoned rotation may have left in the database: those of AWSPREVIOUS and of versions without a label. */
  abandoned(): Promise<readonly string[]>;
}

export interface SecondPassword<S> {
  /**
   * Turns off the password that changeOwnPassword has kept working beside the new one. Repeating it is harmless.
   *
   * @param whyNot asked when no changeOwnPassword of the same user can come in between any more: to one that came
   * before, the password of this session is the old one.
   * @returns why nothing was turned off, as a sentence: the answer of `whyNot`, or that the user may not, with the
   * statement for an administrator. Undefined if no old password works any more.
   */
  discard(session: S, whyNot?: () => Promise<string | undefined>): Promise<string | undefined>;
}
