import type { ContractServer } from "../contract-server.ts";

type OfPairs =
  | "weakenMaster"
  | "unmark"
  | "inventory"
  | "setPassword"
  | "reservedUser"
  | "deviations"
  | "intrusions";

async function unused(): Promise<never> {
  throw new Error("Only cases of engines with pair use this verb.");
}

/** What the contract server of an engine without `pair` need not have. Spread it into the server. */
export const NO_PAIRS: Pick<ContractServer, OfPairs> = {
  weakenMaster: unused,
  unmark: unused,
  inventory: unused,
  setPassword: unused,
  reservedUser: "",
  deviations: [],
  intrusions: [],
};
