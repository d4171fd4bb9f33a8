import type { EngineName } from "../../local/engines.ts";

/** A secret that every function of the engine takes; nobody listens on its port. */
export function secretFor(engine: EngineName, changes: object = {}): Record<string, unknown> {
  return { engine, host: "localhost", port: 1, username: "app", password: "the password", ...changes };
}
