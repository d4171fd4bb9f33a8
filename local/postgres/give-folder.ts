import { chown } from "node:fs/promises";
import type { Account } from "../service-account.ts";
import { run } from "./run.ts";

/** Makes the account the owner of a folder in which its programs are to work. */
export async function giveFolder(account: Account, folder: string): Promise<void> {
  await chown(folder, account.uid, account.gid);
  await run("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { account, folder: "/" }).catch((cause: unknown) => {
    throw new Error(
      `PostgreSQL's user may not enter ${folder}: set TMPDIR to a folder that everyone may enter.`,
      {
        cause,
      },
    );
  });
}
