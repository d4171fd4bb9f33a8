import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const MAIN = join(import.meta.dirname, "../../local/rotate/main.ts");

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program that `npm start` runs after the build, in a process group of its own, as in a terminal. */
export function start(temporaryFolder: string, ...args: string[]): ChildProcess {
  const env = { ...process.env, TMPDIR: temporaryFolder, NO_COLOR: "1" };
  return spawn(process.execPath, [MAIN, ...args], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
}

export async function end(program: ChildProcess): Promise<Ended> {
  const [stdout, stderr] = await Promise.all([
    read(program.stdout),
    read(program.stderr),
    once(program, "exit"),
  ]);
  return { exitCode: program.exitCode, stdout, stderr };
}

async function read(stream: ChildProcess["stdout"]): Promise<string> {
  return stream ? await text(stream) : "";
}
