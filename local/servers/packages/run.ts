import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Runs one of the distribution's programs to its end, with messages in English.
 *
 * @returns what it wrote to stdout
 * @throws with what it wrote to stderr
 */
export async function run(program: string, parameters: string[], cwd = "/"): Promise<string> {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const { stdout } = await promisify(execFile)(program, parameters, { cwd, env, maxBuffer: 64 * 2 ** 20 });
  return stdout;
}
