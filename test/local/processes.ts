import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether the process runs. A process that has ended does not, even if its parent has not read the exit code yet. */
export function isRunning(pid: number): boolean {
  try {
    const state = execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    return !state.startsWith("Z");
  } catch {
    return false;
  }
}

/** Waits until a condition holds. Fails after five seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Still not so: ${condition}`);
    await sleep(20);
  }
}
