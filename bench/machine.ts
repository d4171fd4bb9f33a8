import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";

/** The measuring machine. Names of the machine and of its user are left out. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly node: string;
  /** Versions of the bundled packages. Key: name. */
  readonly packages: Readonly<Record<string, string>>;
}

const PACKAGES = ["@aws-sdk/client-secrets-manager", "pg", "mysql2", "esbuild"];

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release().split(/[-+]/)[0]}, ${arch()}`,
    node: process.versions.node,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

function versionOf(name: string): string {
  const file = join(import.meta.dirname, "../node_modules", name, "package.json");
  return String(JSON.parse(readFileSync(file, "utf8")).version);
}
