import type { Database } from "../../../local/database.ts";
import type { EngineName } from "../../../local/engines.ts";
import type { Cast } from "./cast.ts";
import type { Move } from "./script.ts";

/** One thing that the server knows of a user. */
export interface Fact {
  readonly about: string;
  readonly text: string;
}

export type Run = Extract<Move, { do: "run" }>;

/** A user and its password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The users of one case on a real server, and what an administrator of that server sees. It removes them in the end. */
export interface Estate extends AsyncDisposable {
  readonly engine: EngineName;
  readonly cast: Cast;
  readonly database: Database;
  /** Passwords of tenant, hr, peer and admin. */
  readonly passwords: Readonly<Record<"tenant" | "hr" | "peer" | "admin", string>>;
  /** The tenant's own database, if the product has such and a move asks for it. */
  ownDatabase(): Promise<string | undefined>;
  /** Runs the statements as far as the server lets the tenant. */
  attempt(move: Run, known: readonly Credentials[]): Promise<void>;
  /** Ends what `hold` holds. */
  release(): Promise<void>;
  /** Runs statements as an administrator of the server. Throws what the server says. */
  administer(statements: string, database?: string): Promise<void>;
  /** Drops what the tenant has made that runs with the rights of its owner: as an administrator who was told to check it. */
  discardTraps(): Promise<void>;
  /** All that the server knows of users, their privileges, and who owns what. */
  facts(): Promise<Fact[]>;
  /**
   * What the tenant can reach besides what is its own, as sentences: other users' rights, new privileges, objects that
   * run with the rights of others.
   *
   * @param own users that the tenant has made.
   */
  reached(own: readonly string[], known: readonly Credentials[]): Promise<string[]>;
  /** How a user that has passed testSecret differs from the one that it is to replace. */
  mismatch(pending: Credentials, current: Credentials): Promise<string[]>;
  /** Whether the user may read what hr has. */
  readsSalaries(user: Credentials): Promise<boolean>;
}
