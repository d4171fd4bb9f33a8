import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LIST, type ThirdParty } from "./third-party.ts";

/** A package, and the bundles that it is in. */
export interface Shipped extends ThirdParty {
  readonly bundles: string[];
}

/** Every package of which something is in dist/, as the last build wrote it down. */
export function shipped(): Shipped[] {
  const dist = join(import.meta.dirname, "..", "dist");
  const all = new Map<string, Shipped>();
  for (const file of globSync(`*/${LIST}`, { cwd: dist }).sort()) {
    const packages: ThirdParty[] = JSON.parse(readFileSync(join(dist, file), "utf8"));
    for (const one of packages) {
      const key = `${one.name}@${one.version}`;
      const known = all.get(key) ?? { ...one, bundles: [] };
      known.bundles.push(dirname(file));
      all.set(key, known);
    }
  }
  if (all.size === 0) {
    throw new Error("There are no bundles in dist/. Build them first: npm run build");
  }
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
