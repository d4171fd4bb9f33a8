import { Worker } from "node:worker_threads";

/** Milliseconds without a heartbeat after which the event loop counts as blocked. */
const STUCK = 10_000;
const BEAT = 250;

/** Kills the process if its event loop blocks, and prints the running cases. A blocked process cannot do so itself. */
const WORKER = `
  const { workerData, parentPort } = require("node:worker_threads");
  let running = [];
  let last = -1;
  parentPort.on("message", (titles) => { running = titles; });
  setInterval(() => {
    const beats = Atomics.load(workerData.beats, 0);
    if (beats === last) {
      require("node:fs").writeSync(2, "The event loop stands still over one of:\\n" + running.join("\\n") + "\\n");
      process.kill(process.pid, "SIGKILL");
    }
    last = beats;
  }, workerData.stuck);`;

export interface StallDetector extends AsyncDisposable {
  begin(title: string): { end(): void };
  /** Uncaught exceptions since the last call: each would have ended a function's process. */
  takeCrashes(): string[];
}

/** @param stuck milliseconds, more than two beats. */
export function startStallDetector(stuck = STUCK): StallDetector {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WORKER, { eval: true, execArgv: [], workerData: { beats, stuck } });
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT);
  const running = new Set<string>();
  const crashes: string[] = [];
  const crash = (error: unknown) => {
    const stack = error instanceof Error ? error.stack : String(error);
    crashes.push(`the process would have ended (${stack}) over one of: ${[...running].join(" | ")}`);
  };
  process.on("uncaughtException", crash);
  return {
    begin: (title) => {
      running.add(title);
      worker.postMessage([...running]);
      return { end: () => void running.delete(title) };
    },
    takeCrashes: () => crashes.splice(0),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      process.off("uncaughtException", crash);
      await worker.terminate();
    },
  };
}
