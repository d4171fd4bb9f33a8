import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../packages/run.ts";

/**
 * Unpacks a server's packages and keeps what it needs to run: bin/, lib/ (all libraries, and the loader), plugin/ and
 * share/. None of the packages' scripts is run.
 */
export async function unpack(options: { archives: string; into: string; program: string }): Promise<void> {
  const { into, program } = options;
  const root = join(into, "unpacked");
  const packages = (await readdir(options.archives)).filter((name) => name.endsWith(".deb"));
  // The server's helper scripts are in Perl. It is thousands of files, and no server needs them.
  for (const name of packages.filter((name) => !/^(lib)?perl/.test(name)))
    await run("dpkg-deb", ["--extract", join(options.archives, name), root]);

  const folders = ["bin", "lib", "plugin", "share"].map((name) => join(into, name));
  const [bin = "", lib = "", plugin = "", share = ""] = folders;
  await mkdir(bin);
  await mkdir(lib);
  await rename(join(root, "usr", "sbin", program), join(bin, program));
  for (const folder of await librariesBelow(root))
    for (const name of await readdir(folder))
      if (/\.so(\.|$)/.test(name)) await rename(join(folder, name), join(lib, name));
  await rename(await firstOf(root, ["usr/lib/mysql/plugin", "usr/lib/mariadb/plugin"]), plugin);
  await rename(await firstOf(root, ["usr/share/mariadb", "usr/share/mysql"]), share);
  await rm(root, { recursive: true });
  // Whatever our umask is: the service account reads them.
  for (const folder of [into, ...folders]) await chmod(folder, 0o755);
}

/** Older releases have half of the libraries outside of usr/. Both places have a folder per platform. */
async function librariesBelow(root: string): Promise<string[]> {
  const parents = [join(root, "lib"), join(root, "usr", "lib")];
  const folders = parents.map(async (parent) => {
    const names = await readdir(parent).catch(() => []);
    return names.filter((name) => name.includes("-linux-gnu")).map((name) => join(parent, name));
  });
  return (await Promise.all(folders)).flat();
}

async function firstOf(root: string, paths: string[]): Promise<string> {
  for (const path of paths)
    if ((await readdir(join(root, path)).catch(() => [])).length > 0) return join(root, path);
  throw new Error(`The packages have none of ${paths.join(", ")}.`);
}
