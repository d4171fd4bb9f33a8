import type { ServerCertificate } from "../../local/certificates.ts";
import type { Database } from "../../local/database.ts";
import type { Pair } from "../../shared/engine/pair.ts";
import type { TenantProduct } from "../support/tenant/tenant.ts";

/** How the contract wants a server to be started. */
export interface ContractServerOptions {
  /** The certificate, or false for a server that speaks no TLS. Without this key: the local server's own choice. */
  readonly tls?: ServerCertificate | false;
  /** Always true: the contract must see a client that falls back to plaintext. */
  readonly plainConnections: true;
}

/** Starts a private server that logs every statement. The contract starts three, and changes them as it likes. */
export type StartContractServer = (options: ContractServerOptions) => Promise<ContractServer>;

/** What some products do not have. Cases that need it are left out, with the product's reason. */
export type Feature =
  | "plaintext beside TLS"
  | "databases"
  | "names of any characters"
  | "a grant option"
  | "a log of statements"
  | "users who may create users and own things"
  | "locked accounts"
  | "connection limits per user"
  | "locks that block a password change"
  | "read-only replicas"
  | "sessions that end with a frozen client"
  | "users who see what others may do to them";

/**
 * What the engine contract has to know of a product besides its engine: how a person does things on the server, and
 * what the server reports of itself. Nothing in it uses the engine, which it judges.
 */
export interface ContractServer extends AsyncDisposable {
  /** Its admin users may pass on whatever is granted on the contract's tables, later grants included. */
  readonly database: Database;
  /** What the server can keep apart; longer names must be refused. */
  readonly longestName: { readonly length: number; readonly unit: "bytes" | "characters" };
  /** Where a person grants and revokes: always the user without the suffix, or the one that AWSCURRENT names. */
  readonly sourceOfTruth: "base" | "current";
  /** Makes something on which new users have no privileges: a table, or what the product has in its place. */
  createTable(name: string): Promise<void>;
  dropTable(name: string): Promise<void>;
  grant(privilege: Privilege, table: string, username: string, option?: "WITH GRANT OPTION"): Promise<void>;
  revoke(privilege: Privilege, table: string, username: string): Promise<void>;
  /** Gives an admin user what it needs for users that it has not made; undefined if it needs nothing for that. */
  letPrepare?(admin: string, usernames: readonly string[]): Promise<void>;
  /** Takes from an admin user what it needs to create and change users. */
  weakenMaster(username: string): Promise<void>;
  /** Takes the ownership marker away from the clone of a pair, as a person may who does not know what it is for. */
  unmark(pair: Pair): Promise<void>;
  lockAccount(username: string): Promise<void>;
  /** Lets so many sessions of the user exist at a time, and no more. */
  limitConnections(username: string, most: number): Promise<void>;
  /**
   * Runs what a message of the engine prints for an administrator, who may do everything: one or several of the
   * product's statements or commands, separated by semicolons. In an error's message they stand after
   * "as an administrator: ", up to its end, to " - if", " - otherwise" or " - then".
   */
  administer(statements: string): Promise<void>;
  /** Logs in as a user, over TLS, without the engine. Throws if the server does not let the user in. */
  open(username: string, password: string): Promise<UserSession>;
  /** How many sessions of the user the server has at this moment. */
  openSessions(username: string): Promise<number>;
  /** All that the server has logged, with every statement that was sent, if the product can log them. */
  log(): Promise<string>;
  /** What the log has of statements that sessions of this user sent; none where the product logs no statements. */
  statements(username: string): Promise<readonly string[]>;
  /** All that the server knows of its users: names, attributes, stored passwords, privileges. For comparing. */
  snapshot(): Promise<string>;
  /** For tenants. The same by user: what it is, owns, may do, is a member of and has as members, one line each. For comparing. */
  inventory(): Promise<Readonly<Record<string, readonly string[]>>>;
  /** What the server decides a user's logins by, stored passwords included: as long as it is the same, they end the same. */
  fingerprint(username: string): Promise<string>;
  /** What the users of a pair have in common: all that the server knows of a user, but for names, passwords and markers. */
  traits(username: string): Promise<string>;
  /** As a person does it who does not know of rotations: by hand. */
  setPassword(username: string, password: string): Promise<void>;
  /** Removes a user and all that was granted to it, if it exists. */
  dropUser(username: string): Promise<void>;
  /** Holds a lock on which a change of the user's password has to wait, until it is disposed of. Logins go on. */
  blockPasswordChange(username: string): Promise<AsyncDisposable>;
  /** Ends all sessions and starts anew, with the same data on the same port. */
  restart(): Promise<void>;
  /** Takes all connections that users may have, until it is disposed of: the server refuses further ones. */
  useUpConnections(): Promise<AsyncDisposable>;
  /** Makes the server what a replica is, until disposed of: it refuses to write. Sessions may be ended by it. */
  becomeReadOnly(): Promise<AsyncDisposable>;
  /** Whether users may keep their old passwords beside the new ones; undefined where the product cannot. */
  readonly secondPasswords?: SecondPasswords;
  /** One of the server's own users, which is never taken over. */
  readonly reservedUser: string;
  /** Ways in which an administrator makes the two users differ. At least one of each kind. */
  readonly deviations: readonly Deviation[];
  /** Ways in which another user gets more power over the alternate user than over the base user. */
  readonly intrusions: readonly Intrusion[];
  /** What a user can try who may write a secret, to gain something by rotations; undefined without such users. */
  readonly tenant?: TenantProduct;
  /** Answers that the protocol lets a server send for ever. */
  readonly endlessAnswers: readonly EndlessAnswer[];
  /**
   * What a pooler does to an answer of the server in plaintext: if the session's number is in it, another number is.
   * Undefined if sessions have no numbers.
   */
  readonly withOtherSessionNumber?: (answer: Buffer) => Buffer;
  /**
   * Turns the server's refusal of a wrong password, in plaintext, into one with another code, such as a network or a
   * middlebox may send. Other answers stay as they are. At least one code that the product has, and one that it has not.
   */
  readonly otherRefusals: readonly OtherRefusal[];
}

export interface OtherRefusal {
  readonly name: string;
  rewrite(answer: Buffer): Buffer;
}

export type Privilege = "SELECT" | "INSERT" | "UPDATE" | "DELETE";

/** A session that a user opened by himself. */
export interface UserSession extends AsyncDisposable {
  /** Tries one privilege. */
  may(privilege: Privilege, table: string): Promise<boolean>;
  /** Tries to hand a privilege on. Some servers only warn if the user may not. */
  grant(privilege: Privilege, table: string, username: string): Promise<void>;
  /** For tenants. @returns false if the server refuses the statement because the user lacks a privilege; throws any other error. */
  run?(statement: string): Promise<boolean>;
  /** For tenants. @returns the rows. */
  query?(statement: string): Promise<readonly object[]>;
}

export interface SecondPasswords {
  allow(username: string): Promise<void>;
  forbid(username: string): Promise<void>;
  /** As an administrator does it by hand: the user has this password, and the one that it had until now. */
  keepOldAndSet(username: string, password: string): Promise<void>;
}

/** Something that an administrator might do by hand to the alternate user, so that it differs from the current one. */
export interface Deviation {
  readonly name: string;
  readonly makes: "weaker" | "stronger" | "otherwise different";
  /** @returns what the report of the difference must contain. */
  apply(server: ContractServer, pair: Pair): Promise<RegExp>;
}

/** Something that gives an outsider power over the alternate user. The outsider exists. */
export interface Intrusion {
  readonly name: string;
  apply(server: ContractServer, pair: Pair, outsider: string): Promise<void>;
}

export interface EndlessAnswer {
  readonly name: string;
  /** Bytes, the first time with index 0. */
  piece(index: number): Buffer;
}
