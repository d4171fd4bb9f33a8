import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** A distribution's packages, in a folder: nothing is installed, and the system's package lists stay as they are. */
export type Apt = {
  /** Names of packages that match an extended regular expression. */
  search(pattern: string): Promise<string[]>;
  /** Downloads a package and all that it depends on, the C library included. */
  downloadWithDependencies(name: string): Promise<void>;
  /** Downloads a package alone. */
  download(name: string): Promise<void>;
  /** Where the downloaded packages are. */
  archives: string;
};

/**
 * Gives apt-get lists, a cache and a state of its own below `folder`, and fetches the lists. It needs no root for that.
 * The machine's configuration is read first, because it may hold a proxy.
 *
 * @param sources the content of a file in deb822 style
 */
export async function privateApt(folder: string, sources: string): Promise<Apt> {
  const archives = join(folder, "archives");
  const configuration = join(folder, "apt.conf");
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  // A machine on which nothing is installed: apt-get then leaves no dependency out.
  await writeFile(join(folder, "status"), "");
  await writeFile(join(folder, "machine.sources"), sources);
  await writeFile(configuration, settings(folder));
  const options = ["-c", configuration];
  await run("apt-get", [...options, "update"]);
  return {
    archives,
    search: async (pattern) => {
      const found = await run("apt-cache", [...options, "search", "--names-only", pattern]);
      return found.split("\n").flatMap((line) => line.split(" ", 1).filter((name) => name !== ""));
    },
    downloadWithDependencies: async (name) => {
      await run("apt-get", [
        ...options,
        "install",
        "--yes",
        "--download-only",
        "--no-install-recommends",
        name,
      ]);
    },
    download: async (name) => {
      await run("apt-get", [...options, "download", name], archives);
    },
  };
}

/**
 * What is cleared would touch the system (hooks of images for Docker empty its cache) or fetch more than packages'
 * lists. The sandbox's user could not enter our folder, for which apt-get has a warning only.
 */
function settings(folder: string): string {
  return `#clear APT::Update;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons-hidpi;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large-hidpi;
#clear Acquire::IndexTargets::deb::CNF;
#clear Acquire::IndexTargets::deb::Contents-deb;
Dir::State "${folder}";
Dir::State::lists "${join(folder, "lists")}";
Dir::State::status "${join(folder, "status")}";
Dir::State::extended_states "${join(folder, "extended_states")}";
Dir::Cache "${folder}";
Dir::Cache::archives "${join(folder, "archives")}";
Dir::Log "${folder}";
Dir::Etc::sourcelist "${join(folder, "machine.sources")}";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
APT::Sandbox::User "root";
`;
}
