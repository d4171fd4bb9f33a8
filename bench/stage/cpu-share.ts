import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runAfterExit } from "../../local/watchdog.ts";

/** A mechanism that limits the processor time of a process. */
export interface CpuShare {
  /** Name of the mechanism, for the report. */
  readonly means: string;
  /** Limits the process to a share of one processor. Dispose of the result after the end of the process. */
  limit(pid: number, share: number): Promise<AsyncDisposable>;
}

/** Microseconds. Once a process has used up its share of a period, it waits for the next period. */
const PERIOD = 20_000;

/** The best mechanism on this machine: the kernel's limit (cgroup) if we may set one, else SIGSTOP and SIGCONT. */
export async function findCpuShare(): Promise<CpuShare> {
  for (const hierarchy of [await unified(), await legacy()]) {
    if (hierarchy && (await works(hierarchy))) return hierarchy;
  }
  return signals;
}

/** Whether we may create a cgroup, limit it, and put a process into it. */
async function works(share: CpuShare): Promise<boolean> {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  try {
    await once(child, "spawn");
    const limited = await share.limit(Number(child.pid), 0.5);
    child.kill("SIGKILL");
    await limited[Symbol.asyncDispose]();
    return true;
  } catch {
    child.kill("SIGKILL");
    return false;
  }
}

async function unified(): Promise<CpuShare | undefined> {
  const root = "/sys/fs/cgroup";
  const enabled = await readFile(join(root, "cgroup.subtree_control"), "utf8").catch(() => "");
  if (!enabled.split(/\s/).includes("cpu")) return undefined;
  return controlGroup("cgroup v2, cpu.max", root, (share) => [
    ["cpu.max", `${Math.round(PERIOD * share)} ${PERIOD}`],
  ]);
}

async function legacy(): Promise<CpuShare | undefined> {
  const root = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"].find((folder) => existsSync(folder));
  if (root === undefined) return undefined;
  return controlGroup("cgroup v1, cpu.cfs_quota_us", root, (share) => [
    ["cpu.cfs_period_us", String(PERIOD)],
    ["cpu.cfs_quota_us", String(Math.round(PERIOD * share))],
  ]);
}

function controlGroup(means: string, root: string, settings: (share: number) => string[][]): CpuShare {
  return {
    means: `${means}, periods of ${PERIOD / 1000} ms`,
    limit: async (pid, share) => {
      const group = join(root, `bench-${process.pid}-${pid}`);
      await mkdir(group);
      const watchdog = runAfterExit('for _ in 1 2 3 4 5; do rmdir "$1" && break; sleep 0.2; done', group);
      const end = async () => {
        await remove(group);
        watchdog.cancel();
      };
      try {
        for (const [file = "", value = ""] of settings(share)) await writeFile(join(group, file), value);
        await writeFile(join(group, "cgroup.procs"), String(pid));
      } catch (error) {
        await end();
        throw error;
      }
      return { [Symbol.asyncDispose]: end };
    },
  };
}

/** Removes a cgroup. The kernel refuses that for a moment after the end of the process. */
async function remove(group: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(group);
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(20);
    }
  }
}

/** Coarser than a cgroup: time in which the process waits for an answer counts too. */
export const signals: CpuShare = {
  means: "SIGSTOP and SIGCONT, periods of 100 ms",
  limit: async (pid, share) => {
    let limited = true;
    const alternate = async () => {
      while (limited && signal(pid, "SIGSTOP")) {
        await sleep(100 * (1 - share));
        if (!signal(pid, "SIGCONT")) return;
        await sleep(100 * share);
      }
    };
    const alternating = alternate();
    return {
      [Symbol.asyncDispose]: async () => {
        limited = false;
        await alternating;
      },
    };
  },
};

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // ESRCH: the process has ended.
  }
}
