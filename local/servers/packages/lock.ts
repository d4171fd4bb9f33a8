import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Waits until no other process holds the lock on a file, and holds it. The kernel gives it back when we die: flock(1)
 * keeps it for as long as a pipe is open whose other end only we have.
 */
export async function lock(file: string): Promise<AsyncDisposable> {
  const script = 'exec flock --exclusive "$0" /bin/sh -c "echo; exec cat"';
  const holder = spawn("/bin/sh", ["-c", script, file], { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(holder, "exit");
  try {
    await Promise.race([
      once(holder.stdout, "data"),
      exit.then(() => Promise.reject(new Error(`flock ${file}`))),
    ]);
  } catch (cause) {
    throw new Error(`${file} could not be locked: that needs the program flock, of the package util-linux.`, {
      cause,
    });
  }
  return {
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end();
      await exit;
    },
  };
}
