import type { ServerCertificate } from "./certificates.ts";
import type { Logins } from "./logins.ts";

/** What every private server can be asked to be like; the products have more options of their own. */
export interface DatabaseOptions {
  /** The server's certificate, or false for a server that speaks no TLS; its own unless told. */
  readonly tls?: ServerCertificate | false;
  /** Also accept connections without TLS; false unless told. */
  readonly plainConnections?: boolean;
  /** Log every statement, so that `statements` can count them; false unless told. */
  readonly logStatements?: boolean;
}

export type StartDatabase = (options?: DatabaseOptions) => Promise<Database>;

/** A session of the server's superuser. */
export interface AdminSession extends AsyncDisposable {
  query(statement: string): Promise<unknown>;
}

/** A private database server, as far as a rotation is concerned with it, whatever its engine. */
export interface Database extends AsyncDisposable {
  /** As people call it, with its version: "PostgreSQL 18.4". */
  readonly product: string;
  /** What a secret says of it besides user name and password. */
  readonly address: { engine: string; host: string; port: number; dbname?: string };
  /** The port for connections without TLS, where it is another one. */
  readonly plainPort?: number;
  /** PEM file of the authority that signed the server's certificate: the function's DATABASE_CA_FILE. */
  readonly caFile: string;
  createUser(username: string, password: string): Promise<void>;
  /** Creates an admin user with what it needs, and no more, to prepare the clone of one user. */
  createMaster(username: string, password: string, of: string): Promise<void>;
  /** Lets a user keep its old password beside the new one, where the product can: no unavailability window. */
  letKeepOldPassword?(username: string): Promise<void>;
  /** Tries a password. */
  accepts(username: string, password: string): Promise<boolean>;
  /** The logins of one user since the server started, as its log tells; undefined if the product logs none. */
  logins(username: string): Promise<Logins | undefined>;
  /** How many messages with statements one user has sent, each a round trip; undefined if the product logs none. */
  statements?(username: string): Promise<number>;
  /** Gives a user all rights: AWS's templates, with which the bench compares, need an administrator. */
  makeAdministrator?(username: string): Promise<void>;
  /** Opens a session of the superuser, for what a rotation has nothing to do with; undefined if the product has no SQL. */
  administrator?(): Promise<AdminSession>;
  /** A shell command that opens a session; it reads the password from the variable PASSWORD. */
  shellCommand(username: string): string;
}

/** A database whose product counts logins. */
export interface CountingDatabase extends Database {
  logins(username: string): Promise<Logins>;
}
