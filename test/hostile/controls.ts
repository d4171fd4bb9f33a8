import type { Area } from "./area.ts";
import type { Control } from "./control.ts";

/**
 * Those of the areas; those with several cases only if wanted, since they take long. To be called once Secrets Manager's address is known: these functions read it when they are loaded.
 */
export async function controlsOf(areas: readonly Area[], hunts: boolean): Promise<Control[]> {
  const files = await Promise.all([
    import("./controls/everywhere.ts"),
    import("./controls/secrets.ts"),
    import("./controls/servers.ts"),
    import("./controls/destinations.ts"),
    import("./controls/real-servers.ts"),
    import("./controls/tenants.ts"),
  ]);
  const all: readonly Control[] = files.flatMap(({ CONTROLS }) => CONTROLS);
  return all.filter(
    ({ area, case: cases }) =>
      (area === undefined || areas.some(({ name }) => name === area)) && (hunts || !Array.isArray(cases)),
  );
}
