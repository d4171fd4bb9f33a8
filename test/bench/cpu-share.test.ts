import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { type CpuShare, findCpuShare, signals } from "../../bench/stage/cpu-share.ts";

/** Takes all of the processor that it gets for half a second, whenever it is told to, and says how much that was. */
const WORK = `
  process.stdin.on("data", () => {
    const began = performance.now();
    const { user, system } = process.cpuUsage();
    while (performance.now() - began < 500);
    const used = process.cpuUsage();
    console.log((used.user + used.system - user - system) / 1000 / (performance.now() - began));
  });`;

/** More than what a process with the limit gets. */
const ENOUGH = 0.15;

/** Shares of one processor. */
async function shares(cpu: CpuShare, share: number): Promise<{ free: number; limited: number }> {
  const child = spawn(process.execPath, ["-e", WORK], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout);
  const work = async () => {
    child.stdin.write("go\n");
    const [line] = await once(lines, "line");
    return Number(line);
  };
  let free = 0;
  // On a machine that has much else to do, even a process without a limit gets little for a while.
  for (let tries = 0; free < ENOUGH && tries < 30; tries++) free = Math.max(free, await work());
  const limit = await cpu.limit(Number(child.pid), share);
  const limited = await work();
  child.kill("SIGKILL");
  await once(child, "exit");
  await limit[Symbol.asyncDispose]();
  return { free, limited };
}

describe.each([
  ["the best of this machine", findCpuShare],
  ["signals", async () => signals],
])("a twentieth of a processor by %s", (_name, find) => {
  it("limits a busy process to about that share", async () => {
    const { free, limited } = await shares(await find(), 0.05);
    expect(free).toBeGreaterThan(ENOUGH);
    expect(limited).toBeLessThan(ENOUGH * 0.8);
  });
});
