import type { ServerCertificate } from "./certificates.ts";
import type { Logins } from "./logins.ts";

/** Options of a private server of any engine. The engines have more options of their own. */
export interface DatabaseOptions {
  /** One of the versions in .ci/version. Default: the server that the engine's tests use. */
  readonly version?: string;
  /** The server's certificate; false: a server without TLS. Default: a certificate from a new CA. */
  readonly tls?: ServerCertificate | false;
  /** Also accept connections without TLS. Default: false. */
  readonly plainConnections?: boolean;
  /** Log every statement, so that `statements` can count them. Default: false. */
  readonly logStatements?: boolean;
}

export type StartDatabase = (options?: DatabaseOptions) => Promise<Database>;

/** A session of the server's superuser. */
export interface AdminSession extends AsyncDisposable {
  query(statement: string): Promise<unknown>;
}

/** A private database server of any engine, with the operations that rotations and their tests need. */
export interface Database extends AsyncDisposable {
  /** Name and version: "PostgreSQL 18.4". */
  readonly product: string;
  /** The secret's members besides user name and password. */
  readonly address: { engine: string; host: string; port: number; dbname?: string };
  /** The port for connections without TLS. Default: the same port. */
  readonly plainPort?: number;
  /** PEM file of the CA that issued the server's certificate: the function's DATABASE_CA_FILE. */
  readonly caFile: string;
  createUser(username: string, password: string): Promise<void>;
  /** Creates a master user with the least privileges for preparing the clone of the user `of`. */
  createMaster(username: string, password: string, of: string): Promise<void>;
  /** Allows a user to keep its old password beside the new one (MySQL): a rotation then has no unavailability window. */
  letKeepOldPassword?(username: string): Promise<void>;
  /** Logs in. @returns whether the server accepts the password */
  accepts(username: string, password: string): Promise<boolean>;
  /** The logins of one user since the server started, from the server's log; undefined if the product logs none. */
  logins(username: string): Promise<Logins | undefined>;
  /** Number of messages with SQL that one user has sent, each a round trip. Missing if the product logs none. */
  statements?(username: string): Promise<number>;
  /** Grants a user all privileges: AWS's templates, which the bench measures too, need a superuser. */
  makeAdministrator?(username: string): Promise<void>;
  /** Opens a session of the superuser. Missing if the product has no SQL. */
  administrator?(): Promise<AdminSession>;
  /** A shell command that opens a session; it reads the password from the variable PASSWORD. */
  shellCommand(username: string): string;
}

/** A database whose product counts logins. */
export interface CountingDatabase extends Database {
  logins(username: string): Promise<Logins>;
}
