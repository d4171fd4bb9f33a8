import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { type Command, ENVIRONMENT } from "./run.ts";
import type { Account } from "./service-account.ts";
import { withPidFile } from "./work-folder.ts";

/** Milliseconds until a server must accept connections. Usual: one or two seconds. */
const START_TIMEOUT = 60_000;

/** Another program may bind the free port before the server does. */
const PORT_ATTEMPTS = 5;

/** File below the server's folder with stdout and stderr of the process. */
export const OUTPUT = "output.log";

export interface ServerProcess {
  readonly port: number;
  /** Sends a signal. Resolves when the process is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export interface ProcessOptions {
  /** The program and its parameters, including the port. */
  command(port: number): Command;
  readonly account: Account | undefined;
  /** A work folder: the process's working directory, with files for its output and its process id. */
  readonly folder: string;
  /**
   * Whether the server accepts connections; called every 10 ms until it does.
   *
   * @param output stdout and stderr of the process since its start
   */
  isReady(output: string, port: number): boolean | Promise<boolean>;
  /** Signal that ends the process at once. Default: SIGKILL. */
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
    // Its own session: a Ctrl-C in the terminal would otherwise stop the server before its clients.
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
    if (hasExited(server)) throw new Error("The process ended.");
    if (await isReady()) return;
    await sleep(10);
  }
  throw new Error(`The server was not ready within ${START_TIMEOUT} ms.`);
}
