import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setImmediate as endOfEventLoopTurn } from "node:timers/promises";
import { afterOurDeath } from "../watchdog.ts";
import { compiledBootstrap } from "./compiled-bootstrap.ts";
import type { Exit } from "./errors.ts";
import { type Deployment, variables } from "./variables.ts";

export type RuntimeOptions = {
  deployment: Deployment;
  onLog: (line: string) => void;
  /** The program that asks the Runtime API for invocations, if it isn't ours. */
  bootstrap: string | undefined;
  /** What runs the bootstrap, if it isn't Node with Lambda's limits. */
  interpreter?: string;
};

/** The process of an execution environment. */
export type Runtime = {
  pid: number;
  /** When it was started, as performance.now() tells the time. */
  startedAt: number;
  /** Sends a signal to the process and to all processes that it has started. Does nothing once they are gone. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when all output has been read that the process has written so far. */
  outputRead(): Promise<void>;
  /** Resolves when the process is gone and all of its output has been read. */
  exited: Promise<Exit>;
};

/** Starts the process. It does not outlive us, even if we are killed and it never yields. */
export async function startRuntime(options: RuntimeOptions, runtimeApi: string): Promise<Runtime> {
  const { deployment, onLog, interpreter, bootstrap = await compiledBootstrap() } = options;
  // As Lambda does; the rest is for what lies outside of JavaScript's heap.
  const heap = `--max-old-space-size=${Math.floor(deployment.memoryMegabytes * 0.9)}`;
  const [program, parameters] = interpreter ? [interpreter, []] : [process.execPath, [heap]];
  const startedAt = performance.now();
  const child = spawn(program, [...parameters, bootstrap], {
    cwd: deployment.taskRoot,
    env: variables(deployment, runtimeApi),
    // It leads a process group, so that whatever it starts is ended with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error("A process that was spawned has an id.");
  const watchdog = afterOurDeath('kill -s KILL -- "-$1"', String(pid));

  let chunks = 0;
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on("line", onLog);
    output.on("data", () => chunks++);
  }
  let gone = false;
  const signal = (name: NodeJS.Signals) => {
    // The operating system may have given the id to another process by then.
    if (gone) return;
    try {
      process.kill(-pid, name);
    } catch {
      // Nothing is left of the group.
    }
  };
  child.once("exit", () => signal("SIGKILL"));
  const waitForExit = async () => {
    await once(child, "close");
    gone = true;
    watchdog.standDown();
    return { code: child.exitCode, signal: child.signalCode };
  };
  return {
    pid,
    startedAt,
    signal,
    exited: waitForExit(),
    outputRead: async () => {
      // Output and requests reach us on different ways. A turn of the event loop that finds no output has seen all.
      await endOfEventLoopTurn();
      for (let seen = -1; seen !== chunks; await endOfEventLoopTurn()) seen = chunks;
    },
  };
}
