import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Why this machine cannot measure peaks; undefined if it can. */
export function whyNoPeakMemory(): string | undefined {
  return existsSync("/proc/self/status") ? undefined : "only Linux tells the peak of another process";
}

/** Peak resident memory of a process so far, in bytes (VmHWM of proc_pid_status(5)). */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error("/proc/<pid>/status has no VmHWM.");
  return Number(kilobytes) * 1024;
}
