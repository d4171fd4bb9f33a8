import { chown, readFile, writeFile } from "node:fs/promises";
import { run } from "./run.ts";

/** The numeric user and group that a program is started with. */
export type Account = { uid: number; gid: number };

/**
 * PostgreSQL refuses to run as root ("postgres" and "initdb" both check), which is who we are in many containers.
 * Its programs then run as `nobody`, who owns nothing else.
 *
 * @returns undefined when we are not root: the programs run as ourselves
 */
export async function serviceAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const nobody = entries.find(([name]) => name === "nobody");
  if (nobody === undefined)
    throw new Error("PostgreSQL does not run as root, and there is no user `nobody` to run it as.");
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

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

/** Writes a file that the service account, and no one else, may read: whatever the umask is. */
export async function writeFor(account: Account | undefined, path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  if (account) await chown(path, account.uid, account.gid);
}
