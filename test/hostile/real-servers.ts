import type { Database } from "../../local/database.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { MARIADB } from "../../local/servers/mariadb/product.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { MYSQL } from "../../local/servers/mysql/product.ts";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import type { PostgresServer } from "../../local/servers/postgres/server.ts";
import { isAvailable } from "../available-servers.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { contractServer } from "../contract/mysql-family-server.ts";
import { startPostgresContractServer } from "../contract/postgres-server.ts";
import type { EngineName } from "./bundles.ts";

/** Each is started when it is first asked for. What is undefined cannot be had here, which the terminal says. */
export interface RealServers {
  contract(engine: EngineName): Promise<ContractServer | undefined>;
  postgres(): Promise<Database & { readonly server: PostgresServer }>;
  mysqlFamily(product: "mysql" | "mariadb"): Promise<ServedDatabase | undefined>;
}

const OPTIONS = { plainConnections: true } as const;

export function realServers(cleanUp: AsyncDisposableStack): RealServers {
  const postgres = once(async () => cleanUp.use(await startPostgresDatabase(OPTIONS)));
  const served = {
    mysql: once(async () =>
      (await isAvailable(MYSQL)) ? cleanUp.use(await startMysqlDatabase(OPTIONS)) : undefined,
    ),
    mariadb: once(async () =>
      (await isAvailable(MARIADB)) ? cleanUp.use(await startMariadbDatabase(OPTIONS)) : undefined,
    ),
  };
  const contract = {
    postgres: once(async () => cleanUp.use(await startPostgresContractServer(OPTIONS))),
    mysql: once(async () => contractOf(await served.mysql(), "user", 32)),
    mariadb: once(async () => contractOf(await served.mariadb(), "global_priv", 110)),
  };
  return {
    contract: (engine) => contract[engine](),
    postgres,
    mysqlFamily: (product) => served[product](),
  };
}

async function contractOf(database: ServedDatabase | undefined, usersTable: string, longestName: number) {
  return database && (await contractServer(database, usersTable, longestName));
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => {
    started ??= start();
    return started;
  };
}
