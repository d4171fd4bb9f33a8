import { databaseModule, ENGINE_NAMES, type EngineName } from "../local/engines.ts";
import { findProgram, NoServer } from "../local/servers/find-program.ts";
import type { Packaged } from "../local/servers/packaged.ts";

/** Whether a server can be had; it is fetched if need be. In CI one that cannot be had is a failure. */
export async function isAvailable(product: Packaged): Promise<boolean> {
  try {
    await findProgram(product);
    return true;
  } catch (error) {
    if (!(error instanceof NoServer) || process.env.CI === "true") throw error;
    process.stderr.write(`SKIPPED: ${error.message}\n`);
    return false;
  }
}

/** Whether the engine's private server can be started here. */
export async function hasServer(engine: EngineName): Promise<boolean> {
  const { packaged } = await databaseModule(engine);
  return packaged === undefined || (await isAvailable(packaged));
}

export async function availableEngines(): Promise<readonly EngineName[]> {
  const available: EngineName[] = [];
  for (const engine of ENGINE_NAMES) {
    if (await hasServer(engine)) available.push(engine);
  }
  return available;
}

/** The tests that this machine cannot run. They are left out loudly, with what to do about it. */
export async function testsWithoutServer(): Promise<string[]> {
  const available = await availableEngines();
  return ENGINE_NAMES.filter((engine) => !available.includes(engine)).flatMap((engine) => [
    `test/${engine}/**`,
    `test/{contract,preflight,rescue}/${engine}*.test.ts`,
  ]);
}
