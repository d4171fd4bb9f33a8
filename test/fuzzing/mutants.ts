import type { Area } from "./area.ts";
import type { Mutant } from "./mutant.ts";

/** Returns those of the areas. Call it once Secrets Manager's address is known: these functions read it when they are loaded. */
export async function mutantsOf(areas: readonly Area[]): Promise<Mutant[]> {
  const files = await Promise.all([
    import("./mutants/everywhere.ts"),
    import("./mutants/secrets.ts"),
    import("./mutants/servers.ts"),
    import("./mutants/destinations.ts"),
    import("./mutants/real-servers.ts"),
    import("./mutants/tenants.ts"),
  ]);
  const all: readonly Mutant[] = files.flatMap(({ MUTANTS }) => MUTANTS);
  return all.filter(({ area }) => area === undefined || areas.some(({ name }) => name === area));
}
