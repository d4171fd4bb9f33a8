import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setImmediate as endOfEventLoopTurn } from "node:timers/promises";
import { runAfterExit } from "../watchdog.ts";
import { compiledBootstrap } from "./compiled-bootstrap.ts";
import type { Exit } from "./errors.ts";
import { type Deployment, variables } from "./variables.ts";

export type RuntimeOptions = {
  deployment: Deployment;
  onLog: (line: string) => void;
  /** Path of a runtime client. Default: bootstrap.ts. */
  bootstrap: string | undefined;
  /** Program that runs the bootstrap. Default: Node with Lambda's limits. */
  interpreter?: string;
};

/** The process of an execution environment. */
export type Runtime = {
  pid: number;
  /** When the process was started, by performance.now(). */
  startedAt: number;
  /** Sends a signal to the process and its descendants. Does nothing once they are gone. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when all output that the process has written so far has been read. */
  outputRead(): Promise<void>;
  /** Resolves when the process is gone and all of its output has been read. */
  exited: Promise<Exit>;
};

/** Starts the process. A watchdog kills the process if ours dies, even if the process is in an endless loop. */
export async function startRuntime(options: RuntimeOptions, runtimeApi: string): Promise<Runtime> {
  const { deployment, onLog, interpreter, bootstrap = await compiledBootstrap() } = options;
  // Lambda sets the heap to the same share of the memory. The rest is for memory outside of JavaScript's heap.
  const heap = `--max-old-space-size=${Math.floor(deployment.memoryMegabytes * 0.9)}`;
  const [program, parameters] = interpreter ? [interpreter, []] : [process.execPath, [heap]];
  const startedAt = performance.now();
  const child = spawn(program, [...parameters, bootstrap], {
    cwd: deployment.taskRoot,
    env: variables(deployment, runtimeApi),
    // The process leads a process group: a signal to the group reaches its descendants too.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error("The spawned process has no id.");
  const watchdog = runAfterExit('kill -s KILL -- "-$1"', String(pid));

  let chunks = 0;
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on("line", onLog);
    output.on("data", () => chunks++);
  }
  let gone = false;
  const signal = (name: NodeJS.Signals) => {
    // Another process may have the id by now.
    if (gone) return;
    try {
      process.kill(-pid, name);
    } catch {
      // ESRCH: no process of the group is left.
    }
  };
  child.once("exit", () => signal("SIGKILL"));
  const waitForExit = async () => {
    await once(child, "close");
    gone = true;
    watchdog.cancel();
    return { code: child.exitCode, signal: child.signalCode };
  };
  return {
    pid,
    startedAt,
    signal,
    exited: waitForExit(),
    outputRead: async () => {
      // Output comes through a pipe, requests through a socket. A turn of the event loop without output has read all.
      await endOfEventLoopTurn();
      for (let seen = -1; seen !== chunks; await endOfEventLoopTurn()) seen = chunks;
    },
  };
}
