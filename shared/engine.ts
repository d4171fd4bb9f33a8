import type { Deadline } from "./deadline.ts";
import type { Settings } from "./settings.ts";

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

/** The limits of one invocation, handed to every verb that waits for a server. */
export interface Limits {
  readonly deadline: Deadline;
  readonly settings: Settings;
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
  /**
   * Why this user name or password must not be stored, as the end of the sentence "The new version cannot be
   * used, because …", or undefined. A stored value is immutable: one that the server refuses blocks the secret.
   */
  refusal(username: string, password: string): string | undefined;
  /**
   * Logs in. Resolves once the server has answered a statement.
   *
   * @returns undefined only if the server refused this user name and password as such. Whatever else goes
   * wrong (network, TLS, a locked account, a full server, …) throws: nothing may be concluded from it about
   * the password.
   */
  connect(login: Login, limits: Limits): Promise<Session | undefined>;
}

/** An open, authenticated connection. Disposing closes it and never throws. */
export interface Session extends AsyncDisposable {
  /**
   * Changes the password of the user who logged in, in one atomic step; repeating it is harmless.
   * Concurrent calls for the same user wait for one another instead of failing.
   */
  changeOwnPassword(password: string): Promise<void>;
}
