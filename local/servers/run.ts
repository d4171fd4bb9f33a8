import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Account } from "./service-account.ts";

/**
 * The whole environment of a server's programs. The user's OpenSSL configuration would decide which TLS versions the server
 * supports, and the user's time zone how timestamps in the log look.
 */
export const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
  OPENSSL_CONF: "/dev/null",
};

/** A program and its parameters. */
export type Command = [string, ...string[]];

/**
 * Runs a program.
 *
 * @param input the program's stdin
 * @returns the program's stdout
 * @throws an error with the program's stderr if it fails
 */
export async function runAs(
  account: Account | undefined,
  [program, ...parameters]: Command,
  input = "",
): Promise<string> {
  // The account may not be allowed to enter our working folder.
  const child = spawn(program, parameters, { ...account, cwd: "/", env: ENVIRONMENT });
  // EPIPE if the program does not read its stdin to the end. Its exit code tells whether it failed.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`${program} failed:\n${errors}`);
  return output;
}
