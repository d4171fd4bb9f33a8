import { randomBytes } from "node:crypto";
import { chown, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAfterExit } from "../watchdog.ts";
import { type Command, runAs } from "./run.ts";
import type { Account } from "./service-account.ts";

/** A temporary folder of the service account, in which one server program may run at a time. */
export type WorkFolder = AsyncDisposable & { path: string };

/** File in a work folder with the process id of the program that runs there. */
const PID_FILE = "server.pid";

/**
 * Ends the program that runs in the folder "$1" with the signal "$2", and removes the folder. Another process may have the id
 * by now, so the script first looks for the folder's name in the command line of the process.
 */
const CLEAN_UP = `
pid=$(cat "$1/${PID_FILE}")
{ cat "/proc/$pid/cmdline" || ps -o command= -p "$pid"; } | grep -qF "$1/" && kill -s "$2" "$pid" &&
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -s 0 "$pid" || break; sleep 0.1; done
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$1" && break; sleep 0.1; done`;

/**
 * Creates a folder for a server program. A watchdog ends the program and removes the folder if this process is killed.
 *
 * @param abort signal that ends the program at once and leaves nothing outside of the folder
 */
export async function workFolder(
  account: Account | undefined,
  prefix: string,
  abort: "KILL" | "QUIT" = "KILL",
): Promise<WorkFolder> {
  await using cleanUp = new AsyncDisposableStack();
  const path = join(await accessibleFolder(account), `${prefix}-${randomBytes(6).toString("hex")}`);
  // The watchdog starts before the folder exists: a kill at any moment leaves nothing behind.
  const watchdog = runAfterExit(CLEAN_UP, path, abort);
  cleanUp.defer(() => watchdog.cancel());
  await mkdir(path, { mode: 0o700 });
  cleanUp.defer(() => rm(path, { recursive: true, force: true, maxRetries: 10 }));
  if (account) await chown(path, account.uid, account.gid);
  const created = cleanUp.move();
  return { path, [Symbol.asyncDispose]: () => created.disposeAsync() };
}

/**
 * Wraps a command so that its process id is in the work folder before the program begins: the watchdog always knows which
 * process to end.
 */
export function withPidFile(folder: string, command: Command): Command {
  return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', join(folder, PID_FILE), ...command];
}

/** Returns a folder for temporary files that the account may enter: root's TMPDIR may be below /root. */
async function accessibleFolder(account: Account | undefined): Promise<string> {
  const folders = [tmpdir(), "/tmp", "/var/tmp"];
  for (const folder of folders) {
    try {
      await runAs(account, ["/bin/sh", "-c", 'test -x "$0"', folder]);
      return folder;
    } catch {}
  }
  throw new Error(
    `The server does not run as root, and only root may enter ${folders.join(", ")}. Set TMPDIR to another folder.`,
  );
}
