import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import type { Account } from "../service-account.ts";
import type { Programs } from "./programs.ts";
import { ENVIRONMENT } from "./run.ts";

/** How long a server may take until it accepts connections, in milliseconds. It takes about 60. */
const START_TIMEOUT = 30_000;

/** Between asking for a free port and binding it, another program may get it. */
const PORT_ATTEMPTS = 5;

export type Postmaster = {
  port: number;
  /**
   * SIGINT ends all sessions and writes everything out (a restart finds it again), SIGQUIT ends at once.
   * Resolves when the process is gone.
   */
  stop(signal: "SIGINT" | "SIGQUIT"): Promise<void>;
};

export type PostmasterOptions = { programs: Programs; account: Account | undefined; folder: string };

/** The file below the server's folder that takes everything the server logs. */
export const LOG_FILE = "server.log";

/** Starts the server on a port that the operating system picks. */
export async function startOnFreePort(options: PostmasterOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startPostmaster({ ...options, port: await freePort() });
    } catch (error) {
      const portTaken = error instanceof Error && error.message.includes("Address already in use");
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Starts the server and waits until it accepts connections. */
export async function startPostmaster(options: PostmasterOptions & { port: number }): Promise<Postmaster> {
  const { account, folder, port } = options;
  await using log = await open(join(folder, LOG_FILE), "a");
  const alreadyLogged = (await log.stat()).size;
  const postmaster = spawn(options.programs.postgres, ["-D", join(folder, "data"), "-p", String(port)], {
    ...account,
    cwd: folder,
    env: ENVIRONMENT,
    // A session of its own: Ctrl-C is for us to handle, and would shut the server down under its clients.
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  await once(postmaster, "spawn");
  const stop = async (signal: NodeJS.Signals) => {
    if (hasExited(postmaster)) return;
    const exit = once(postmaster, "exit");
    postmaster.kill(signal);
    await exit;
  };
  try {
    await untilReady(postmaster, folder);
  } catch (cause) {
    await stop("SIGQUIT");
    const output = (await readFile(join(folder, LOG_FILE))).subarray(alreadyLogged).toString();
    throw new Error(`PostgreSQL did not start:\n${output}`, { cause });
  }
  return { port, stop };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Reads what `pg_ctl start --wait` reads: line 8 of postmaster.pid is the server's state (miscadmin.h). */
async function untilReady(postmaster: ChildProcess, folder: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (Date.now() < deadline) {
    if (hasExited(postmaster)) throw new Error("It ended by itself.");
    const file = await readFile(join(folder, "data", "postmaster.pid"), "utf8").catch(() => "");
    const lines = file.split("\n");
    if (lines[0] === String(postmaster.pid) && ["ready", "standby"].includes(lines[7]?.trim() ?? "")) return;
    await sleep(10);
  }
  throw new Error(`It was not ready within ${START_TIMEOUT} ms.`);
}
