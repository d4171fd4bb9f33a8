import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { lock } from "./lock.ts";

/**
 * A folder that is made once and then found: below $XDG_CACHE_HOME, or ~/.cache. It may be removed at any time when no
 * server runs.
 *
 * Who finds it finds it whole. It is made under another name, by one process at a time, while others wait; what is left
 * of a process that died meanwhile is removed by the next.
 *
 * @param build fills the folder that it is given
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
