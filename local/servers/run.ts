import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Account } from "./service-account.ts";

/**
 * A server's programs get these variables only. Nobody's OpenSSL configuration may decide which versions of TLS a test
 * server speaks, nor may the time zone decide what a timestamp in its log looks like.
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
 * Runs a program to its end.
 *
 * @param input what it reads from stdin
 * @returns what it wrote to stdout
 * @throws with what it wrote to stderr
 */
export async function runAs(
  account: Account | undefined,
  [program, ...parameters]: Command,
  input = "",
): Promise<string> {
  // Our working folder may be one that the account must not enter.
  const child = spawn(program, parameters, { ...account, cwd: "/", env: ENVIRONMENT });
  // A program that doesn't read to the end breaks the pipe; how it ends tells why.
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
