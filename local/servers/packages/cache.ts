import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { lock } from "./lock.ts";

/**
 * Returns a folder of the cache, below $XDG_CACHE_HOME or ~/.cache, and builds it if it is missing. You can remove the cache
 * while no server runs.
 *
 * A folder of the cache is always complete: it is built under another name and then renamed, by one process at a time while
 * others wait. The next process removes the remains of a process that died.
 *
 * @param build fills an empty folder
 */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const { XDG_CACHE_HOME: home = "" } = process.env;
  const cache = join(
    isAbsolute(home) ? home : join(homedir(), ".cache"),
    "secrets-manager-rotation-functions",
  );
  const folder = join(cache, name);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  await using _lock = await lock(join(cache, `${name}.lock`));
  if (await exists(folder)) return folder;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial);
    await build(partial);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
