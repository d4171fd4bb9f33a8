import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** apt-get with its own lists and cache: it installs nothing and does not change the system's lists. */
export type Apt = {
  /** @returns names of packages that match an extended regular expression */
  search(pattern: string): Promise<string[]>;
  /** Downloads a package and all of its dependencies, including the C library. */
  downloadWithDependencies(name: string): Promise<void>;
  /** Downloads a package without its dependencies. */
  download(name: string): Promise<void>;
  /** Folder of the downloaded packages. */
  archives: string;
};

/**
 * Creates lists, a cache and a state for apt-get below `folder`, and fetches the lists. That does not need root. apt-get
 * still reads the machine's configuration, which may name a proxy.
 *
 * @param sources the content of a file in deb822 style
 */
export async function privateApt(folder: string, sources: string): Promise<Apt> {
  const archives = join(folder, "archives");
  const configuration = join(folder, "apt.conf");
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  // An empty status file says that no package is installed: apt-get then downloads all dependencies.
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
 * The cleared settings change the system (hooks in Docker images empty its cache) or fetch more than package lists. The
 * sandbox is off because its user may not be allowed to enter our folder, about which apt-get only warns.
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
