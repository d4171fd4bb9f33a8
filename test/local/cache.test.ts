import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cached } from "../../local/servers/packages/cache.ts";

const LOCAL = join(import.meta.dirname, "..", "..", "local");

let home: string;
let cache: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "cache-"));
  cache = join(home, "secrets-manager-rotation-functions");
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** Another process that asks for the same folder, and takes so many milliseconds to build it. */
function otherProcess(milliseconds: number) {
  const script = `
    import { writeFile } from "node:fs/promises";
    import { setTimeout as sleep } from "node:timers/promises";
    import { cached } from "./servers/packages/cache.ts";
    await cached("thing", async (folder) => {
      console.log("building");
      await writeFile(folder + "/half", "");
      await sleep(${milliseconds});
      await writeFile(folder + "/whole", String(process.pid));
    });
  `;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: LOCAL,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

describe("a cached folder", () => {
  it("is built once", async () => {
    const build = vi.fn((folder: string) => writeFile(join(folder, "file"), "content"));
    const folder = await cached("thing", build);
    expect(await cached("thing", build)).toBe(folder);
    expect(build).toHaveBeenCalledTimes(1);
    expect(await readFile(join(folder, "file"), "utf8")).toBe("content");
    expect(folder).toBe(join(cache, "thing"));
  });

  it("does not exist if building it failed", async () => {
    const build = async (folder: string) => {
      await writeFile(join(folder, "half"), "");
      throw new Error("no network");
    };
    await expect(cached("thing", build)).rejects.toThrow("no network");
    expect(await readdir(cache)).toEqual(["thing.lock"]);
  });

  it("is built by one of several processes while the others wait", async () => {
    const processes = [otherProcess(300), otherProcess(300), otherProcess(300)];
    const outputs = await Promise.all(processes.map(({ stdout }) => text(stdout)));
    expect(outputs.join("")).toBe("building\n");
    const builder = processes[outputs.indexOf("building\n")]?.pid;
    expect(await readFile(join(cache, "thing", "whole"), "utf8")).toBe(String(builder));
  });

  it("is rebuilt after a process died while building it", async () => {
    const dead = otherProcess(60_000);
    await once(dead.stdout, "data");
    dead.kill("SIGKILL");
    const folder = await cached("thing", async (partial) => {
      expect(await readdir(partial)).toEqual([]);
    });
    expect(await readdir(folder)).toEqual([]);
    expect((await readdir(cache)).sort()).toEqual(["thing", "thing.lock"]);
  });

  it("is built without waiting for another folder", async () => {
    await mkdir(cache);
    const busy = otherProcess(60_000);
    await once(busy.stdout, "data");
    await cached("other", async () => {});
    busy.kill("SIGKILL");
  });
});
