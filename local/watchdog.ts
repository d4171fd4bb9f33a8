import { spawn } from "node:child_process";

/**
 * Runs a shell script once this process has died, however it died: SIGKILL and a crash of the runtime included, which
 * no handler of ours outlives. A shell waits on a pipe that only we hold open; the kernel closes it when we are gone.
 *
 * The shell leads a session of its own, so that a Ctrl-C in the terminal reaches us and not it.
 *
 * @param script reads its parameters as "$1", "$2", … and must be harmless when what it ends has ended already
 * @returns `standDown`, for when the script is no longer wanted
 */
export function afterOurDeath(script: string, ...parameters: string[]): { standDown(): void } {
  const shell = spawn("/bin/sh", ["-c", `read -r line && exit\n${script}`, "watchdog", ...parameters], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.unref();
  // The shell may have ended before this process. The pipe is then broken, and there is nothing left to stop.
  shell.stdin.on("error", () => {});
  return {
    standDown: () => {
      shell.stdin.end("stand down\n");
    },
  };
}
