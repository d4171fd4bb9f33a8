import { chmod, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run } from "../packages/run.ts";
import type { Account } from "../service-account.ts";
import { type Command, runAs } from "./run.ts";

/** A server's program, and how to start it. */
export type Programs = {
  /** As the program says it: "9.7.4-2", "10.11.18-MariaDB-0+deb12u1". */
  version: string;
  /** The program's path; before it, the loader and the libraries that it is to run with. */
  command: Command;
  /** Holds the messages, the character sets and MariaDB's SQL scripts. */
  share: string;
  /** Settings that tell the program where its own files are. */
  settings: Record<string, string>;
};

/** The programs that unpack.ts has put into a folder. */
export async function unpackedPrograms(folder: string, program: string): Promise<Programs> {
  const libraries = join(folder, "lib");
  const share = join(folder, "share");
  const loader = (await readdir(libraries)).find((name) => /^ld-linux.*\.so/.test(name));
  if (loader === undefined) throw new Error(`${libraries} has no loader for ${program}.`);
  // The system's C library may be older than the program, and its loader can load no other.
  const command: Command = [join(libraries, loader), "--library-path", libraries];
  command.push(join(folder, "bin", program));
  return {
    version: await versionOf(command),
    command,
    share,
    settings: {
      lc_messages_dir: share,
      character_sets_dir: join(share, "charsets"),
      plugin_dir: join(folder, "plugin"),
    },
  };
}

/** A program that somebody has installed. It knows itself where its files are. */
export async function installedPrograms(path: string): Promise<Programs> {
  const prefix = dirname(dirname(path));
  let share = join(prefix, "share", "mysql");
  if ((await readdir(share).catch(() => [])).length === 0) share = join(prefix, "share", "mariadb");
  return { version: await versionOf([path]), command: [path], share, settings: {} };
}

async function versionOf(command: Command): Promise<string> {
  const output = await runAs(undefined, [...command, "--no-defaults", "--version"]);
  const version = / Ver (\S+)/.exec(output)?.[1];
  if (version === undefined) throw new Error(`${command.at(-1)} does not tell its version: ${output}`);
  return version;
}

/**
 * Makes sure that the service account can run the programs. It can't when the cache lies below a folder that only root
 * may enter, which a root's home is: only then they get a second name in `folder`, or a copy if it is on another disk.
 */
export async function runnablePrograms(
  programs: Programs,
  account: Account | undefined,
  folder: string,
): Promise<Programs> {
  if (account === undefined || (await isRunnable(programs, account))) return programs;
  const program = programs.command.at(-1) ?? "";
  const copy = join(folder, "programs");
  const from = dirname(dirname(program));
  const cp = (...options: string[]) =>
    run("cp", [...options, "--archive", "--no-target-directory", from, copy]);
  await cp("--link").catch(() => cp());
  await chmod(copy, 0o755);
  return await unpackedPrograms(copy, basename(program));
}

/** Tried rather than computed from permission bits: it needs every folder above, every library, and the messages. */
async function isRunnable({ command, share }: Programs, account: Account): Promise<boolean> {
  try {
    await runAs(account, [...command, "--no-defaults", "--version"]);
    await runAs(account, ["/bin/sh", "-c", 'test -r "$0"/charsets', share]);
    return true;
  } catch {
    return false;
  }
}
