import type { Area } from "./area.ts";
import type { Mutant } from "./mutant.ts";

/**
 * Those of the areas; those with several cases only if wanted, since they take long. To be called once Secrets Manager's address is known: these functions read it when they are loaded.
 */
export async function mutantsOf(areas: readonly Area[], hunts: boolean): Promise<Mutant[]> {
  const files = await Promise.all([
    import("./mutants/everywhere.ts"),
    import("./mutants/secrets.ts"),
    import("./mutants/servers.ts"),
    import("./mutants/destinations.ts"),
    import("./mutants/real-servers.ts"),
    import("./mutants/tenants.ts"),
  ]);
  const all: readonly Mutant[] = files.flatMap(({ MUTANTS }) => MUTANTS);
  return all.filter(
    ({ area, case: cases }) =>
      (area === undefined || areas.some(({ name }) => name === area)) && (hunts || !Array.isArray(cases)),
  );
}
