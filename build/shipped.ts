import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LIST, type ThirdParty } from "./third-party.ts";

/** A package and the bundles that contain code of it. */
export interface Shipped extends ThirdParty {
  readonly bundles: string[];
}

/** All packages with code in dist/, from the lists of the last build. @throws if there are no bundles */
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
    throw new Error("dist/ has no bundles. Build them first: npm run build");
  }
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
