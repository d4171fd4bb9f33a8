import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import type { Account } from "../service-account.ts";
import { type Command, ENVIRONMENT } from "./run.ts";
import { withPidFile } from "./work-folder.ts";

/** How long a server may take until it accepts connections, in milliseconds. It takes about 1000. */
const START_TIMEOUT = 60_000;

/** Between asking for a free port and binding it, another program may get it. */
const PORT_ATTEMPTS = 5;

/** The file below the server's folder that takes what the server reports: errors, warnings and notes. */
export const ERROR_LOG = "error.log";

export type ServerProcess = {
  port: number;
  /**
   * SIGTERM ends all sessions and writes everything out (a restart finds it again), SIGKILL ends at once.
   * Resolves when the process is gone.
   */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
};

export type ProcessOptions = {
  command: Command;
  account: Account | undefined;
  /** Where the process runs, and what it logs to. */
  folder: string;
};

/** Starts the server on a port that the operating system picks. */
export async function startOnFreePort(options: ProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startProcess({ ...options, port: await freePort() });
    } catch (error) {
      const portTaken = error instanceof Error && error.message.includes("Address already in use");
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Starts the server and waits until it accepts connections. */
export async function startProcess(options: ProcessOptions & { port: number }): Promise<ServerProcess> {
  const { account, folder, port } = options;
  const errorLog = join(folder, ERROR_LOG);
  await using log = await open(errorLog, "a");
  const alreadyLogged = (await log.stat()).size;
  const newlyLogged = async () => (await readFile(errorLog)).subarray(alreadyLogged).toString();
  const [program, ...parameters] = withPidFile(folder, [...options.command, `--port=${port}`]);
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
    await untilReady(server, newlyLogged);
  } catch (cause) {
    await stop("SIGKILL");
    throw new Error(`The server did not start:\n${await newlyLogged()}`, { cause });
  }
  return { port, stop };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function untilReady(server: ChildProcess, newlyLogged: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (hasExited(server)) throw new Error("It ended by itself.");
    // Both products write this when they listen; MySQL does so on one line, MariaDB on two.
    if (/: ready for connections\.\s+Version: /.test(await newlyLogged())) return;
    await sleep(10);
  }
  throw new Error(`It was not ready within ${START_TIMEOUT} ms.`);
}
