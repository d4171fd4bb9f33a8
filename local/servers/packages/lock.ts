import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Locks a file; waits while another process holds the lock. The lock cannot outlive this process: flock(1) holds the lock
 * while a pipe is open, and the kernel closes our end of the pipe when we die.
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
    throw new Error(`Locking ${file} failed. Install the program flock (package util-linux).`, {
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
