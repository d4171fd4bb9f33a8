import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Account } from "../service-account.ts";

/**
 * PostgreSQL's programs get these variables only: a developer's PGDATA, PGOPTIONS or LC_MESSAGES must not decide how a
 * test server behaves. Without TZ, initdb would compare every file of the system's time zone database with local time.
 */
export const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/**
 * Runs a program to its end.
 *
 * @param options.folder its working folder: ours may be one that `account` must not enter
 * @throws with what the program wrote to stderr
 */
export async function run(
  program: string,
  parameters: string[],
  options: { account: Account | undefined; folder: string },
): Promise<void> {
  await promisify(execFile)(program, parameters, {
    ...options.account,
    cwd: options.folder,
    env: ENVIRONMENT,
  });
}
