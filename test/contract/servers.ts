import { type EngineName, moduleOf } from "../../local/engines.ts";
import type { StartContractServer } from "./contract-server.ts";

/** What test/contract/<engine>-server.ts exports. */
interface ContractModule {
  readonly startContractServer: StartContractServer;
}

export async function startContractServer(
  engine: EngineName,
  ...options: Parameters<StartContractServer>
): ReturnType<StartContractServer> {
  const module = await moduleOf<ContractModule>("test/contract/*-server.ts", engine);
  return await module.startContractServer(...options);
}
