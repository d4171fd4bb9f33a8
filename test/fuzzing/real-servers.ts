import type { Database } from "../../local/database.ts";
import { ENGINE_NAMES, type EngineName } from "../../local/engines.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { MARIADB } from "../../local/servers/mariadb/product.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { MYSQL } from "../../local/servers/mysql/product.ts";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import type { PostgresServer } from "../../local/servers/postgres/server.ts";
import { hasServer, isAvailable } from "../available-servers.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { mariadbContractServer } from "../contract/mariadb-server.ts";
import { mysqlContractServer } from "../contract/mysql-server.ts";
import { startContractServer } from "../contract/servers.ts";

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
  const family = {
    mysql: once(async () => on(await served.mysql(), mysqlContractServer)),
    mariadb: once(async () => on(await served.mariadb(), mariadbContractServer)),
  };
  const others = new Map<EngineName, () => Promise<ContractServer | undefined>>();
  for (const engine of ENGINE_NAMES) {
    const start = async () =>
      (await hasServer(engine)) ? cleanUp.use(await startContractServer(engine, OPTIONS)) : undefined;
    others.set(engine, once(start));
  }
  const contract = new Map([...others, ...Object.entries(family)] as [EngineName, typeof family.mysql][]);
  return {
    contract: async (engine) => contract.get(engine)?.(),
    postgres,
    mysqlFamily: (product) => served[product](),
  };
}

async function on(
  database: ServedDatabase | undefined,
  contractServer: (database: ServedDatabase) => Promise<ContractServer>,
): Promise<ContractServer | undefined> {
  return database && (await contractServer(database));
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => {
    started ??= start();
    return started;
  };
}
