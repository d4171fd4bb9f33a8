import { chmod, copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Packaged } from "../packaged.ts";
import { run } from "./run.ts";

/**
 * Unpacks a server's packages and keeps what it needs to run: bin/ (the program), lib/ (all libraries, and the loader),
 * and the product's other folders. None of the packages' scripts is run.
 */
export async function unpack(options: { archives: string; into: string; product: Packaged }): Promise<void> {
  const { archives, into, product } = options;
  const { folder, others = {} } = product.packages;
  const root = join(into, "unpacked");
  const packages = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
  // Helper scripts of some servers are in Perl. It is thousands of files, and no server needs them.
  for (const name of packages.filter((name) => !/^(lib)?perl/.test(name)))
    await run("dpkg-deb", ["--extract", join(archives, name), root]);

  const [bin, lib] = [join(into, "bin"), join(into, "lib")];
  await mkdir(bin);
  await mkdir(lib);
  // It may be a link to a program of another package.
  await copyFile(join(root, folder, product.program), join(bin, product.program));
  for (const libraries of await librariesBelow(root))
    for (const name of await readdir(libraries))
      if (/\.so(\.|$)/.test(name)) await rename(join(libraries, name), join(lib, name));
  for (const [name, places] of Object.entries(others))
    await rename(await firstOf(root, places), join(into, name));
  await rm(root, { recursive: true });
  // Whatever our umask is: the service account reads them.
  for (const name of [".", "bin", "lib", ...Object.keys(others)]) await chmod(join(into, name), 0o755);
}

/** Older releases have half of the libraries outside of usr/. Both places have a folder per platform. */
export async function librariesBelow(root: string): Promise<string[]> {
  const parents = [join(root, "lib"), join(root, "usr", "lib")];
  const folders = parents.map(async (parent) => {
    const names = await readdir(parent).catch(() => []);
    return names.filter((name) => name.includes("-linux-gnu")).map((name) => join(parent, name));
  });
  return (await Promise.all(folders)).flat();
}

async function firstOf(root: string, paths: readonly string[]): Promise<string> {
  for (const path of paths)
    if ((await readdir(join(root, path)).catch(() => [])).length > 0) return join(root, path);
  throw new Error(`The packages have none of ${paths.join(", ")}.`);
}
