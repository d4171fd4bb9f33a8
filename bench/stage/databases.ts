import { readFile } from "node:fs/promises";
import type { Database } from "../../local/database.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import { countStatements } from "../../local/servers/postgres/statements.ts";
import type { Engine } from "../functions.ts";

/** A database server that counts what it was asked to do. */
export interface CountingDatabase {
  readonly database: Database;
  /** PEM, of the authority that signed its certificate. */
  readonly authority: string;
  /** The messages with SQL that one user has sent so far, each of them a round trip. */
  statements(username: string): Promise<number>;
  /** Lets somebody do what an administrator may. */
  makeAdministrator?(username: string): Promise<void>;
}

const START: Record<Engine, () => Promise<CountingDatabase>> = {
  postgres: async () => {
    const database = await startPostgresDatabase({
      settings: { log_statement: "all" },
      // For the comparison with AWS's templates, whose certificates are where only root can put them.
      plainConnections: true,
    });
    const statements = async (username: string) => countStatements(await database.server.log(), username);
    return { database, authority: await readFile(database.caFile, "utf8"), statements };
  },
  mysql: () => counting(startMysqlDatabase({ plainConnections: true })),
  mariadb: () => counting(startMariadbDatabase({ plainConnections: true })),
};

export function startCountingDatabase(engine: Engine): Promise<CountingDatabase> {
  return START[engine]();
}

async function counting(starting: Promise<ServedDatabase>): Promise<CountingDatabase> {
  const database = await starting;
  const { server } = database;
  return {
    database,
    authority: await readFile(database.caFile, "utf8"),
    statements: server.statements,
    makeAdministrator: async (username) => {
      await server.query("GRANT ALL ON *.* TO ?@'%' WITH GRANT OPTION", [username]);
    },
  };
}
