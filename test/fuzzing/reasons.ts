import { readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dirname, "../../shared/report/errors.ts");

/** All that a step may fail with: the members of the type Reason, from its source, since types do not exist here. */
export const REASONS: readonly string[] = (() => {
  const [, members = ""] = /export type Reason =([^;]+);/.exec(readFileSync(SOURCE, "utf8")) ?? [];
  return [...members.matchAll(/"([a-z-]+)"/g)].map(([, reason = ""]) => reason);
})();
