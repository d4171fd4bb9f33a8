import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import { certificateAuthority } from "../../certificates.ts";
import type { CountingDatabase, StartDatabase } from "../../database.ts";
import { countLogins } from "./logins.ts";
import { type PostgresOptions, type PostgresServer, startPostgres } from "./server.ts";
import { countStatements } from "./statements.ts";

/** SQLSTATE invalid_password. */
const REJECTED = "28P01";

/** A database with its server, for operations that no rotation needs. */
export type PostgresDatabase = CountingDatabase & { readonly server: PostgresServer };

export const startDatabase: StartDatabase = ({ logStatements, ...options } = {}) =>
  startPostgresDatabase({ ...options, settings: logStatements ? { log_statement: "all" } : {} });

/** Starts a PostgreSQL server with TLS. Its certificate is from a new CA. */
export async function startPostgresDatabase(options: PostgresOptions = {}): Promise<PostgresDatabase> {
  const authority = await certificateAuthority();
  const server = await startPostgres({ tls: await authority.issue({ hosts: ["localhost"] }), ...options });
  const caFile = join(server.directory, "authority.pem");
  await writeFile(caFile, authority.certificate);
  const { host, port } = server;
  const version = await server.query("SHOW server_version");
  return {
    server,
    product: `PostgreSQL ${version.rows[0].server_version}`,
    address: { engine: "postgres", host, port, dbname: "postgres" },
    caFile,
    createUser: async (username, password) => {
      await server.query(
        `CREATE ROLE ${escapeIdentifier(username)} LOGIN PASSWORD ${escapeLiteral(password)}`,
      );
    },
    createMaster: async (username, password, of) => {
      const [master, role] = [username, of].map(escapeIdentifier);
      await server.query(`CREATE ROLE ${master} LOGIN CREATEROLE PASSWORD ${escapeLiteral(password)}`);
      await server.query(`GRANT ${role} TO ${master} WITH ADMIN OPTION`);
    },
    accepts: async (username, password) => {
      const ssl = { ca: authority.certificate };
      const client = new Client({ host, port, user: username, password, database: "postgres", ssl });
      try {
        await client.connect();
        await client.end();
        return true;
      } catch (error) {
        if (error instanceof DatabaseError && error.code === REJECTED) {
          return false;
        }
        throw error;
      }
    },
    logins: async (username) => countLogins(await server.log(), username),
    statements: async (username) => countStatements(await server.log(), username),
    administrator: () => server.connect(),
    shellCommand: (username) =>
      `PGPASSWORD="$PASSWORD" psql "host=${host} port=${port} user=${username} dbname=postgres ` +
      `sslmode=verify-full sslrootcert=${caFile}"`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
