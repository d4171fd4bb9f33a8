import type { Area } from "./area.ts";
import type { Control } from "./mutant.ts";

/**
 * Those of the areas; those with several cases only if wanted, since they take long. To be called once Secrets Manager's address is known: these functions read it when they are loaded.
 */
export async function controlsOf(areas: readonly Area[], hunts: boolean): Promise<Control[]> {
  const files = await Promise.all([
    import("./mutants/everywhere.ts"),
    import("./mutants/secrets.ts"),
    import("./mutants/servers.ts"),
    import("./mutants/destinations.ts"),
    import("./mutants/real-servers.ts"),
    import("./mutants/tenants.ts"),
  ]);
  const all: readonly Control[] = files.flatMap(({ CONTROLS }) => CONTROLS);
  return all.filter(
    ({ area, case: cases }) =>
      (area === undefined || areas.some(({ name }) => name === area)) && (hunts || !Array.isArray(cases)),
  );
}
