import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { type Command, ENVIRONMENT } from "./run.ts";
import type { Account } from "./service-account.ts";
import { withPidFile } from "./work-folder.ts";

/** Milliseconds that a server may take until it accepts connections. None takes more than a second or two. */
const START_TIMEOUT = 60_000;

/** Between asking for a free port and binding it, another program may get it. */
const PORT_ATTEMPTS = 5;

/** The file below the server's folder that takes what its process writes to stdout and stderr. */
export const OUTPUT = "output.log";

export interface ServerProcess {
  readonly port: number;
  /** Resolves when the process is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export interface ProcessOptions {
  /** The program and its parameters, one of which tells it the port. */
  command(port: number): Command;
  readonly account: Account | undefined;
  /** A work folder: where the process runs, with its output and its process id in files. */
  readonly folder: string;
  /**
   * Asked every 10 ms until the server accepts connections.
   *
   * @param output what the process has written since it was started.
   */
  isReady(output: string, port: number): boolean | Promise<boolean>;
  /** Ends the process at once; SIGKILL unless told. */
  readonly abort?: NodeJS.Signals;
}

/** Starts a server on a port that the operating system picks, and waits until it accepts connections. */
export async function startOnFreePort(options: ProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startProcess(options, await freePort());
    } catch (error) {
      const portTaken = error instanceof Error && /address already in use/i.test(error.message);
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Starts a server and waits until it accepts connections. */
export async function startProcess(options: ProcessOptions, port: number): Promise<ServerProcess> {
  const { account, folder } = options;
  const file = join(folder, OUTPUT);
  await using log = await open(file, "a");
  const alreadyWritten = (await log.stat()).size;
  const output = async () => (await readFile(file)).subarray(alreadyWritten).toString();
  const [program, ...parameters] = withPidFile(folder, options.command(port));
  const server = spawn(program, parameters, {
    ...account,
    cwd: folder,
    env: ENVIRONMENT,
    // A session of its own: Ctrl-C is for us to handle, and would shut the server down under its clients.
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  await once(server, "spawn");
  const stop = async (signal: NodeJS.Signals) => {
    if (hasExited(server)) return;
    const exit = once(server, "exit");
    server.kill(signal);
    await exit;
  };
  try {
    await untilReady(server, async () => await options.isReady(await output(), port));
  } catch (cause) {
    await stop(options.abort ?? "SIGKILL");
    throw new Error(`The server did not start:\n${await output()}`, { cause });
  }
  return { port, stop };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function untilReady(server: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (hasExited(server)) throw new Error("It ended by itself.");
    if (await isReady()) return;
    await sleep(10);
  }
  throw new Error(`It was not ready within ${START_TIMEOUT} ms.`);
}
