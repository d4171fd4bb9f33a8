import type { Area } from "./area.ts";
import type { Control } from "./control.ts";

/** Those of the areas. To be called once Secrets Manager's address is known: these functions read it when they are loaded. */
export async function controlsOf(areas: readonly Area[]): Promise<Control[]> {
  const files = await Promise.all([
    import("./controls/everywhere.ts"),
    import("./controls/secrets.ts"),
    import("./controls/servers.ts"),
    import("./controls/destinations.ts"),
    import("./controls/real-servers.ts"),
  ]);
  const all: readonly Control[] = files.flatMap(({ CONTROLS }) => CONTROLS);
  return all.filter(({ area }) => area === undefined || areas.some(({ name }) => name === area));
}
