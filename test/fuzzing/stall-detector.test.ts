import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const STALL_DETECTOR = join(import.meta.dirname, "stall-detector.ts");

/** A process in which a stall detector watches a case. */
function watched(milliseconds: number, what: string) {
  const program = `
    const { startStallDetector } = await import(${JSON.stringify(STALL_DETECTOR)});
    await using stallDetector = startStallDetector(${milliseconds});
    stallDetector.begin("a case that goes on and on");
    await new Promise((resolve) => setTimeout(resolve, 300));
    ${what}`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    timeout: 30_000,
    killSignal: "SIGTERM", // The stall detector sends SIGKILL.
  });
}

test("kills a process whose event loop blocks, and reports the case that was running", () => {
  const { signal, stderr } = watched(1000, "for (;;);");

  expect(signal).toBe("SIGKILL");
  expect(stderr).toBe("The event loop stands still over one of:\na case that goes on and on\n");
});

test("does not kill a process that only waits", () => {
  const { status, stderr } = watched(3000, "await new Promise((resolve) => setTimeout(resolve, 4000));");

  expect(stderr).toBe("");
  expect(status).toBe(0);
});
