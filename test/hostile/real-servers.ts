import { startMariadbDatabase } from "../../local/mariadb/database.ts";
import { MARIADB } from "../../local/mariadb/product.ts";
import { startMysqlDatabase } from "../../local/mysql/database.ts";
import { MYSQL } from "../../local/mysql/product.ts";
import { isAvailable } from "../available-servers.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { contractServer } from "../contract/mysql-family-server.ts";
import { startPostgresContractServer } from "../contract/postgres-server.ts";
import type { EngineName } from "./bundles.ts";

/** Each is started when it is first asked for. @returns undefined where it cannot be had, which is said aloud. */
export type RealServers = (engine: EngineName) => Promise<ContractServer | undefined>;

export function realServers(cleanUp: AsyncDisposableStack): RealServers {
  const servers = new Map<EngineName, Promise<ContractServer | undefined>>();
  return (engine) => {
    const server = servers.get(engine) ?? start(engine).then((one) => one && cleanUp.use(one));
    servers.set(engine, server);
    return server;
  };
}

async function start(engine: EngineName): Promise<ContractServer | undefined> {
  const options = { plainConnections: true } as const;
  switch (engine) {
    case "postgres":
      return startPostgresContractServer(options);
    case "mysql":
      return (await isAvailable(MYSQL))
        ? contractServer(await startMysqlDatabase(options), "user", 32)
        : undefined;
    case "mariadb":
      return (await isAvailable(MARIADB))
        ? contractServer(await startMariadbDatabase(options), "global_priv", 110)
        : undefined;
  }
}
