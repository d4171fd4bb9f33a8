import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { mysqlServers } from "./mysql-servers.ts";
import { until } from "./processes.ts";

const LOCAL = join(import.meta.dirname, "..", "..", "local");

/** A folder for temporary files and for a separate cache. Every account may enter it. */
async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "left-"));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Runs `script` in a process of its own. */
function program(script: string, environment: Record<string, string>) {
  return spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: LOCAL,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Processes with the folder in their command line, also the watchdogs that are about to clean it. */
async function processesIn(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commandLines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
  return (await Promise.all(commandLines)).filter((commandLine) => commandLine.includes(folder));
}

for (const { name, available } of await mysqlServers()) {
  const start = `start${name === "MySQL" ? "Mysql" : "Mariadb"}`;
  const script = `
    import { ${start} } from "./servers/${name.toLowerCase()}/server.ts";
    const { directory } = await ${start}();
    console.log(directory);
  `;
  describe.skipIf(!available)(`when we are killed, of a ${name} server`, () => {
    it.each(["SIGKILL", "SIGINT"] as const)("nothing is left (by %s)", async (signal) => {
      await using temporary = await temporaryFolder();
      const child = program(script, { TMPDIR: temporary.path });
      const [directory] = await once(createInterface(child.stdout), "line");
      expect(await readdir(temporary.path)).toEqual([directory.slice(temporary.path.length + 1)]);
      child.kill(signal);
      await until(async () => (await readdir(temporary.path)).length === 0);
      await until(async () => (await processesIn(temporary.path)).length === 0);
    });

    it.each([100, 300, 600, 1000])("nothing is left if it is killed %d ms after its start", async (delay) => {
      await using temporary = await temporaryFolder();
      const child = program(script, { TMPDIR: temporary.path });
      await until(async () => (await readdir(temporary.path)).length > 0);
      await sleep(delay);
      child.kill("SIGKILL");
      await until(async () => (await readdir(temporary.path)).length === 0);
      await until(async () => (await processesIn(temporary.path)).length === 0);
    });
  });
}
