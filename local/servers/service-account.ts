import { chown, readFile, writeFile } from "node:fs/promises";

/** The numeric user and group that a program is started with. */
export type Account = { uid: number; gid: number };

/**
 * Database servers refuse to run as root, the user of many containers. In that case their programs run as `nobody`, a user
 * that owns no other files.
 *
 * @returns undefined if this process does not run as root: the programs run as the same user
 */
export async function serviceAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const nobody = entries.find(([name]) => name === "nobody");
  if (nobody === undefined)
    throw new Error("A database server does not run as root, and this machine has no user `nobody` for it.");
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

/** Writes a file that only the service account may read, whatever the umask is. */
export async function writeFor(account: Account | undefined, path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  if (account) await chown(path, account.uid, account.gid);
}
