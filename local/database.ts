import type { Logins } from "./logins.ts";

/** A private database server, as far as a rotation is concerned with it, whatever its engine. */
export interface Database extends AsyncDisposable {
  /** As people call it, with its version: "PostgreSQL 18.4". */
  readonly product: string;
  /** What a secret says of it besides user name and password. */
  readonly address: { engine: string; host: string; port: number; dbname: string };
  /** PEM file of the authority that signed the server's certificate: the function's DATABASE_CA_FILE. */
  readonly caFile: string;
  createUser(username: string, password: string): Promise<void>;
  /** Creates a user with what a master needs, and no more, to prepare the twin of one user. */
  createMaster(username: string, password: string, of: string): Promise<void>;
  /** Lets a user keep its old password beside the new one, where the product can do that: single-user without a gap. */
  letKeepOldPassword?(username: string): Promise<void>;
  /** Tries a password. */
  accepts(username: string, password: string): Promise<boolean>;
  /** The logins of one user since the server started, as its log tells. */
  logins(username: string): Promise<Logins>;
  /** A shell command that opens a session; it reads the password from the variable PASSWORD. */
  shellCommand(username: string): string;
}
