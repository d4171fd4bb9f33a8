import { spawn } from "node:child_process";

/**
 * Runs a shell script when this process dies, also by SIGKILL or a crash, after which no handler of the process can run. A
 * shell waits on a pipe that only this process holds open; the kernel closes the pipe when the process dies.
 *
 * The shell has a session of its own, so that a Ctrl-C in the terminal does not end the shell.
 *
 * @param script reads its parameters as "$1", "$2", … It must be harmless if the thing to clean up is already gone.
 * @returns `cancel`, which ends the shell without running the script
 */
export function runAfterExit(script: string, ...parameters: string[]): { cancel(): void } {
  const shell = spawn("/bin/sh", ["-c", `read -r line && exit\n${script}`, "watchdog", ...parameters], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  // The shell may have ended before this process. The pipe is then broken, and there is nothing left to stop.
  shell.stdin.on("error", () => {});
  return {
    cancel: () => {
      shell.stdin.end("stand down\n");
    },
  };
}
