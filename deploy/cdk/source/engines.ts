import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The TCP port that the engine's product listens on by default. */
export function portOf(engine: string): number {
  const list: Record<string, { port: number }> = JSON.parse(
    readFileSync(join(import.meta.dirname, "../engines.json"), "utf8"),
  );
  const known = list[engine];
  if (known === undefined) {
    throw new Error(`The engine ${engine} has no function. Valid engines: ${Object.keys(list).join(", ")}.`);
  }
  return known.port;
}
