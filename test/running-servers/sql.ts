import { readFile } from "node:fs/promises";
import { createConnection } from "mysql2/promise";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import type { Target } from "./targets.ts";

/** What the tests do on a running server themselves. */
export interface Server {
  createUser(username: string, password: string): Promise<void>;
  createMaster(username: string, password: string, of: string): Promise<void>;
  dropUsers(usernames: readonly string[]): Promise<void>;
  /** Whether the server lets the user in. */
  accepts(username: string, password: string): Promise<boolean>;
}

/** SQLSTATE invalid_password and ER_ACCESS_DENIED_ERROR. */
const REJECTED = ["28P01", "ER_ACCESS_DENIED_ERROR"];

export async function serverOf(target: Target): Promise<Server> {
  const ca = target.caFile && (await readFile(target.caFile, "utf8"));
  return target.engine === "postgres" ? postgres(target, ca) : mysql(target, ca);
}

function postgres({ host, port, dbname, administrator, ssl }: Target, ca: string | undefined): Server {
  const run = async (username: string, password: string, statements: readonly string[]) => {
    const client = new Client({ host, port, database: dbname, user: username, password, ssl: ssl && { ca } });
    try {
      await client.connect();
      for (const statement of statements) {
        await client.query(statement);
      }
    } finally {
      await client.end();
    }
  };
  const administer = (...statements: string[]) =>
    run(administrator.username, administrator.password, statements);
  const create = (name: string, attributes: string, password: string) =>
    `CREATE ROLE ${escapeIdentifier(name)} LOGIN ${attributes} PASSWORD ${escapeLiteral(password)}`;
  return {
    createUser: (username, password) => administer(create(username, "", password)),
    createMaster: (username, password, of) =>
      administer(
        create(username, "CREATEROLE", password),
        `GRANT ${escapeIdentifier(of)} TO ${escapeIdentifier(username)} WITH ADMIN OPTION`,
      ),
    dropUsers: (usernames) =>
      administer(...usernames.map((username) => `DROP ROLE IF EXISTS ${escapeIdentifier(username)}`)),
    accepts: (username, password) => isAccepted(run(username, password, [])),
  };
}

function mysql({ host, port, dbname, administrator, ssl }: Target, ca: string | undefined): Server {
  const tls = ssl && { ssl: { verifyIdentity: true, ...(ca && { ca }) } };
  const run = async (
    user: string,
    password: string,
    statements: readonly [sql: string, values: string[]][],
  ) => {
    await using connection = await createConnection({ host, port, user, password, ...tls });
    for (const [sql, values] of statements) {
      await connection.query(sql, values);
    }
  };
  const administer = (...statements: [string, string[]][]) =>
    run(administrator.username, administrator.password, statements);
  const schema = `\`${dbname.replaceAll("`", "``")}\``;
  const create = (username: string, password: string): [string, string[]] => [
    "CREATE USER ?@'%' IDENTIFIED BY ?",
    [username, password],
  ];
  return {
    createUser: (username, password) =>
      administer(create(username, password), [`GRANT SELECT, INSERT ON ${schema}.* TO ?@'%'`, [username]]),
    createMaster: (username, password) =>
      administer(
        create(username, password),
        ["GRANT CREATE USER ON *.* TO ?@'%'", [username]],
        ["GRANT SELECT ON mysql.* TO ?@'%'", [username]],
        [`GRANT SELECT, INSERT ON ${schema}.* TO ?@'%' WITH GRANT OPTION`, [username]],
      ),
    dropUsers: (usernames) =>
      administer(
        ...usernames.map((username): [string, string[]] => ["DROP USER IF EXISTS ?@'%'", [username]]),
      ),
    accepts: (username, password) => isAccepted(run(username, password, [])),
  };
}

async function isAccepted(login: Promise<void>): Promise<boolean> {
  try {
    await login;
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && REJECTED.includes(String(error.code))) {
      return false;
    }
    throw error;
  }
}
