import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Packaged } from "../packaged.ts";
import { privateApt } from "./apt.ts";
import { cached } from "./cache.ts";
import { type Distribution, sourcesOf } from "./distribution.ts";
import { unpack } from "./unpack.ts";

/** Increase it when the layout of unpack.ts changes: an older and a newer checkout can share a cache. */
const LAYOUT = 1;

/**
 * Fetches a server from the packages of a distribution. A later call finds the folder in the cache.
 *
 * @returns a folder with the layout of unpack.ts
 */
export async function fetchProgram(options: {
  product: Packaged;
  distribution: Distribution;
  suite: string;
  report: (line: string) => void;
}): Promise<string> {
  const { product, distribution, suite, report } = options;
  const { name, packages, program } = product;
  const key = [program, distribution.id, suite, process.arch, LAYOUT].join("-");
  return await cached(key, async (folder) => {
    const sources = sourcesOf(distribution, suite);
    if (sources === "") throw new Error("This machine's apt sources name no mirror of the distribution.");
    report(`${name}: reading the package lists of ${distribution.id} ${suite}`);
    const apt = await privateApt(join(folder, "apt"), sources);
    const found = newest(await apt.search(packages.pattern));
    if (found === undefined)
      throw new Error(`${distribution.id} ${suite} has no package ${packages.pattern}.`);
    report(`${name}: fetching ${found} and the libraries that it needs (${packages.size})`);
    await apt.downloadWithDependencies(found);
    for (const other of packages.also?.(found) ?? []) await apt.download(other);
    report(`${name}: unpacking`);
    await unpack({ archives: apt.archives, into: folder, product });
    await rm(join(folder, "apt"), { recursive: true });
    report(`${name}: ready`);
  });
}

/** The name without a version if there is one, otherwise the highest version: mysql-server-core, mysql-server-core-8.4. */
function newest(names: string[]): string | undefined {
  const sorted = names.toSorted((one, other) => one.localeCompare(other, "en", { numeric: true }));
  return sorted.find((name) => !/\d$/.test(name)) ?? sorted.at(-1);
}
