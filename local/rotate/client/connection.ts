import { readFileSync } from "node:fs";
import { createConnection } from "mysql2/promise";
import { Client, DatabaseError } from "pg";
import type { Database } from "../../database.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** An open connection of the application. */
export interface Connection extends AsyncDisposable {
  query(): Promise<void>;
}

/** SQLSTATE invalid_password, and ER_ACCESS_DENIED_ERROR of MySQL and MariaDB. */
const REJECTED = ["28P01", 1045];

/** Whether the server rejected user name and password. No other error means that the secret has to be read again. */
export function isRejectedLogin(error: unknown): boolean {
  const code = error instanceof DatabaseError ? error.code : Object(error).errno;
  return REJECTED.includes(code);
}

/** Logs in, as an application does with the driver alone. */
export async function connect(database: Database, { username, password }: Credentials): Promise<Connection> {
  const { engine, host, port, dbname } = database.address;
  const ssl = { ca: readFileSync(database.caFile, "utf8") };
  if (engine === "postgres") {
    const client = new Client({ host, port, database: dbname, user: username, password, ssl });
    client.on("error", () => {}); // A lost connection fails the query under way.
    await client.connect();
    return {
      query: async () => void (await client.query("SELECT now()")),
      [Symbol.asyncDispose]: () => client.end(),
    };
  }
  if (engine !== "mysql" && engine !== "mariadb") {
    throw new Error(
      `--with-client has no application for ${engine}: add its driver to ${import.meta.filename}.`,
    );
  }
  const options = { host, port, database: dbname, user: username, password };
  const connection = await createConnection({ ...options, ssl: { ...ssl, verifyIdentity: true } });
  return {
    query: async () => void (await connection.query("SELECT now()")),
    [Symbol.asyncDispose]: () => connection.end(),
  };
}
