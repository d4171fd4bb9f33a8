import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { certificateAuthority } from "../../certificates.ts";
import type { CountingDatabase } from "../../database.ts";
import type { ServerOptions } from "./options.ts";
import type { Product } from "./product.ts";
import { type Server, startServer } from "./server.ts";

/** ER_ACCESS_DENIED_ERROR, of both products. */
const REJECTED = 1045;

/** The application's database: every user that createUser creates has all privileges in it, and none elsewhere. */
const DATABASE = "app";

/** A database with its server, for operations that no rotation needs. */
export type ServedDatabase = CountingDatabase & { readonly server: Server };

/** Starts a server with TLS. Its certificate is from a new CA. */
export async function startServedDatabase(
  product: Product,
  /** Command of the product's client, with verification of the certificate and without user name and password. */
  client: (address: { host: string; port: number; caFile: string }) => string,
  options: ServerOptions,
): Promise<ServedDatabase> {
  const authority = await certificateAuthority();
  const tls = await authority.issue({ hosts: ["localhost"] });
  const server = await startServer(product, { tls, ...options });
  const caFile = join(server.directory, "authority.pem");
  await writeFile(caFile, authority.certificate);
  const { host, port } = server;
  await server.query(`CREATE DATABASE ${DATABASE}`);
  return {
    server,
    product: `${product.name} ${/^[\d.]+/.exec(server.version)?.[0]}`,
    address: { engine: product.name.toLowerCase(), host, port, dbname: DATABASE },
    caFile,
    createUser: async (username, password) => {
      await server.query("CREATE USER ?@'%' IDENTIFIED BY ?", [username, password]);
      await server.query(`GRANT ALL ON ${DATABASE}.* TO ?@'%'`, [username]);
    },
    createMaster: async (username, password) => {
      await server.query("CREATE USER ?@'%' IDENTIFIED BY ?", [username, password]);
      // The master user creates the clone, reads the privileges of the current user, and grants the clone the same.
      await server.query("GRANT CREATE USER ON *.* TO ?@'%'", [username]);
      await server.query("GRANT SELECT ON mysql.* TO ?@'%'", [username]);
      await server.query(`GRANT ALL ON ${DATABASE}.* TO ?@'%' WITH GRANT OPTION`, [username]);
    },
    accepts: async (username, password) => {
      const ssl = { ca: authority.certificate, verifyIdentity: true };
      try {
        await using _session = await createConnection({ host, port, user: username, password, ssl });
        return true;
      } catch (error) {
        if (error instanceof Error && "errno" in error && error.errno === REJECTED) return false;
        throw error;
      }
    },
    logins: (username) => server.logins(username),
    statements: (username) => server.statements(username),
    makeAdministrator: async (username) => {
      await server.query("GRANT ALL ON *.* TO ?@'%' WITH GRANT OPTION", [username]);
    },
    administrator: () => server.connect(),
    shellCommand: (username) =>
      `MYSQL_PWD="$PASSWORD" ${client({ host, port, caFile })} --user=${shellWord(username)} ${DATABASE}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
