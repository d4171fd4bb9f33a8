import { chmod, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Packaged, Program } from "./packaged.ts";
import { run } from "./packages/run.ts";
import { type Command, runAs } from "./run.ts";
import type { Account } from "./service-account.ts";

/** Reads the version of a program that unpack.ts has put into a folder. */
export async function unpackedProgram(product: Packaged, folder: string): Promise<Program> {
  const libraries = join(folder, "lib");
  const loader = (await readdir(libraries)).find((name) => /^ld-linux.*\.so/.test(name));
  if (loader === undefined) throw new Error(`${libraries} has no loader for ${product.program}.`);
  // The program may need a newer C library than the system's, which only the packages' own loader can load.
  const command: Command = [join(libraries, loader), "--library-path", libraries];
  command.push(join(folder, "bin", product.program));
  return { version: await versionOf(product, command), command, folder };
}

/** Reads the version of an installed program, which finds its own files. */
export async function installedProgram(product: Packaged, path: string): Promise<Program> {
  return { version: await versionOf(product, [path]), command: [path], folder: undefined };
}

async function versionOf({ version }: Packaged, command: Command, account?: Account): Promise<string> {
  const output = await runAs(account, [...command, ...version.parameters]);
  const found = version.pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`${command.at(-1)} does not print its version: ${output}`);
  return found;
}

/**
 * Returns a program that the service account can run. If the cache is below a folder that only
 * root may enter, such as /root, the account cannot run it. In that case the files are linked into `folder`, or copied if they are on another disk.
 */
export async function runnableProgram(
  product: Packaged,
  program: Program,
  account: Account | undefined,
  folder: string,
): Promise<Program> {
  if (account === undefined || (await isRunnable(product, program, account))) return program;
  const copy = join(folder, "programs");
  const from = program.folder ?? dirname(dirname(program.command.at(-1) ?? ""));
  const cp = (...options: string[]) =>
    run("cp", [...options, "--archive", "--no-target-directory", from, copy]);
  await cp("--link").catch(() => cp());
  await chmod(copy, 0o755);
  return await unpackedProgram(product, copy);
}

/** Starts the program: permission bits of the file would not tell whether all folders above and all libraries are readable. */
async function isRunnable(
  product: Packaged,
  { command, folder }: Program,
  account: Account,
): Promise<boolean> {
  try {
    await versionOf(product, command, account);
    if (folder)
      await runAs(account, [
        "/bin/sh",
        "-c",
        'for each in "$0"/*/; do test -r "$each" || exit 1; done',
        folder,
      ]);
    return true;
  } catch {
    return false;
  }
}
