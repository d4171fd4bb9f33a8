import type { ServerCertificate } from "../../local/certificates.ts";
import type { Database } from "../../local/database.ts";
import type { Pair } from "../../shared/engine/engine.ts";

/** How the contract wants a server to be started. */
export interface ContractServerOptions {
  /** The certificate, or false for a server that speaks no TLS. Without this key: the local server's own choice. */
  readonly tls?: ServerCertificate | false;
  /** Always true: a client that gives in to clear text must be seen doing so. */
  readonly plainConnections: true;
}

/** Starts a private server that logs every statement. The contract starts three, in which it changes what it likes. */
export type StartContractServer = (options: ContractServerOptions) => Promise<ContractServer>;

/**
 * What the engine contract has to know of a product besides its engine: how a person would do things on the server,
 * and what the server says of itself. Nothing in it uses the engine, which it judges.
 */
export interface ContractServer extends AsyncDisposable {
  /** Its masters may pass on whatever is granted on the contract's tables, later grants included. */
  readonly database: Database;
  /** What the server can keep apart; longer names must be refused. */
  readonly longestName: { readonly length: number; readonly unit: "bytes" | "characters" };
  /** Where a person grants and revokes: always the user without the suffix, or whoever AWSCURRENT names. */
  readonly sourceOfTruth: "base" | "current";
  readonly sql: ContractSql;
  /**
   * Runs one or several statements, separated by semicolons, as somebody who may do everything: among them the ones
   * that an error's message names after "as an administrator: ", up to its end or to " - if".
   */
  administer(statements: string): Promise<void>;
  /** Logs in as a user, over TLS, without the engine. Throws if the server does not let the user in. */
  open(username: string, password: string): Promise<UserSession>;
  /** How many sessions of the user the server has at this moment. */
  openSessions(username: string): Promise<number>;
  /** All that the server has logged, with every statement that anybody sent. */
  log(): Promise<string>;
  /** What the log has of statements that sessions of this user sent. */
  statements(username: string): Promise<readonly string[]>;
  /** All that the server knows of its users: names, attributes, stored passwords, privileges. For comparing. */
  snapshot(): Promise<string>;
  /** What the server decides a user's logins by, stored passwords included: as long as it is the same, they end the same. */
  fingerprint(username: string): Promise<string>;
  /** What twins have in common: all that the server knows of a user, but for names, passwords and marks. */
  traits(username: string): Promise<string>;
  /** As a person who knows of no rotation does: by hand. */
  setPassword(username: string, password: string): Promise<void>;
  /** Removes a user and all that was granted to it, if it exists. */
  dropUser(username: string): Promise<void>;
  /** Holds a lock on which a change of the user's password has to wait, until it is disposed of. Logins go on. */
  blockPasswordChange(username: string): Promise<AsyncDisposable>;
  /** Ends all sessions and starts anew, with the same data on the same port. */
  restart(): Promise<void>;
  /** Takes all connections that users may have, until it is disposed of: whoever comes is turned away. */
  useUpConnections(): Promise<AsyncDisposable>;
  /** Makes the server what a replica is, until disposed of: whoever writes is refused. Sessions may be ended by it. */
  becomeReadOnly(): Promise<AsyncDisposable>;
  /** At least one of each kind. */
  readonly deviations: readonly Deviation[];
}

/** What is written differently from product to product. The rest of the contract's SQL is the standard's. */
export interface ContractSql {
  /** A table, quoted and qualified, in a place where new users have no privileges on tables. */
  table(name: string): string;
  /** A user, quoted, as GRANT wants it. */
  user(name: string): string;
  lockAccount(username: string): string;
  /** Takes from a master what it needs to create and change users. */
  weakenMaster(username: string): string;
  /** Lets so many sessions of the user exist at a time, and no more. */
  limitConnections(username: string, most: number): string;
}

/** A session that a user opened by himself. */
export interface UserSession extends AsyncDisposable {
  /** @returns false if the server refuses the statement because the user lacks a privilege; throws whatever else. */
  run(statement: string): Promise<boolean>;
}

/** Something that an administrator might do by hand to the alternate user, so that it differs from the current one. */
export interface Deviation {
  readonly name: string;
  readonly makes: "weaker" | "stronger" | "otherwise different";
  /** @returns what the report of the difference must say. */
  apply(server: ContractServer, pair: Pair): Promise<RegExp>;
}
