import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { type CpuShare, findCpuShare, signals } from "../../bench/stage/cpu-share.ts";

/** Counts for as long as it takes a whole processor, whenever it is told to, and says how long it took. */
const WORK = `
  process.stdin.on("data", () => {
    const began = performance.now();
    for (let count = 0; count < 1.5e8; count++) Math.imul(count, count);
    console.log(performance.now() - began);
  });`;

async function slowdown(cpu: CpuShare, share: number): Promise<number> {
  const child = spawn(process.execPath, ["-e", WORK], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout);
  const work = async () => {
    child.stdin.write("go\n");
    const [line] = await once(lines, "line");
    return Number(line);
  };
  await work(); // Until the compiler has done its part.
  const free = await work();
  const limited = await cpu.limit(Number(child.pid), share);
  const slow = await work();
  child.kill("SIGKILL");
  await once(child, "exit");
  await limited[Symbol.asyncDispose]();
  return slow / free;
}

describe.each([
  ["the best of this machine", findCpuShare],
  ["signals", async () => signals],
])("a fifth of a processor by %s", (_name, find) => {
  it("makes work take about five times as long", async () => {
    const factor = await slowdown(await find(), 0.2);
    expect(factor).toBeGreaterThan(2.5);
  });
});
