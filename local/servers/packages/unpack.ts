import { chmod, copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Packaged } from "../packaged.ts";
import { run } from "./run.ts";

/**
 * Unpacks a server's packages and keeps bin/ (the program), lib/ (all libraries and the loader) and the product's other
 * folders.
 */
export async function unpack(options: { archives: string; into: string; product: Packaged }): Promise<void> {
  const { archives, into, product } = options;
  const { folder, others = {} } = product.packages;
  const root = join(into, "unpacked");
  await extractPackages(archives, root);

  const [bin, lib] = [join(into, "bin"), join(into, "lib")];
  await mkdir(bin);
  await mkdir(lib);
  // copyFile follows symbolic links: the program may be a link into another package.
  await copyFile(join(root, folder, product.program), join(bin, product.program));
  await moveLibraries(await libraryFolders(root), lib);
  for (const [name, places] of Object.entries(others))
    await rename(await firstExisting(root, places), join(into, name));
  await rm(root, { recursive: true });
  // The service account must read the folders, whatever our umask is.
  for (const name of [".", "bin", "lib", ...Object.keys(others)]) await chmod(join(into, name), 0o755);
}

/** Extracts the .deb files of a folder. No script of a package is run. */
export async function extractPackages(archives: string, root: string): Promise<void> {
  const packages = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
  // Some servers come with helper scripts in Perl, whose packages have thousands of files. No server needs them.
  for (const name of packages.filter((name) => !/^(lib)?perl/.test(name)))
    await run("dpkg-deb", ["--extract", join(archives, name), root]);
}

/** Moves all shared libraries of the folders into `lib`. A folder that does not exist counts as empty. */
export async function moveLibraries(folders: readonly string[], lib: string): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => []))
      if (/\.so(\.|$)/.test(name)) await rename(join(folder, name), join(lib, name));
}

/**
 * The folders of shared libraries below an extracted root, such as usr/lib/x86_64-linux-gnu. In older releases, half of the
 * libraries are in lib/ instead of usr/lib/.
 */
export async function libraryFolders(root: string): Promise<string[]> {
  const parents = [join(root, "lib"), join(root, "usr", "lib")];
  const folders = parents.map(async (parent) => {
    const names = await readdir(parent).catch(() => []);
    return names.filter((name) => name.includes("-linux-gnu")).map((name) => join(parent, name));
  });
  return (await Promise.all(folders)).flat();
}

async function firstExisting(root: string, paths: readonly string[]): Promise<string> {
  for (const path of paths)
    if ((await readdir(join(root, path)).catch(() => [])).length > 0) return join(root, path);
  throw new Error(`The packages contain none of ${paths.join(", ")}.`);
}
