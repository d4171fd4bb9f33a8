import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Runs a program of the distribution, with messages in English.
 *
 * @returns the program's stdout
 * @throws an error with the program's stderr if it fails
 */
export async function run(program: string, parameters: string[], cwd = "/"): Promise<string> {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const { stdout } = await promisify(execFile)(program, parameters, { cwd, env, maxBuffer: 64 * 2 ** 20 });
  return stdout;
}
