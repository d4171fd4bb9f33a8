import { chown, readFile, writeFile } from "node:fs/promises";

/** The numeric user and group that a program is started with. */
export type Account = { uid: number; gid: number };

/**
 * Database servers refuse to run as root, which is who we are in many containers. Their programs then run as `nobody`,
 * who owns nothing else.
 *
 * @returns undefined when we are not root: the programs run as ourselves
 */
export async function serviceAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const nobody = entries.find(([name]) => name === "nobody");
  if (nobody === undefined)
    throw new Error("A database server does not run as root, and there is no user `nobody` to run it as.");
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

/** Writes a file that the service account, and no one else, may read: whatever the umask is. */
export async function writeFor(account: Account | undefined, path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  if (account) await chown(path, account.uid, account.gid);
}
