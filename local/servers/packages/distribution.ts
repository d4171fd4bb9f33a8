import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { formatSource, parseSources, type Source, words } from "./sources.ts";

/** The Linux distribution of this machine, if it is one whose packages can be fetched. */
export type Distribution = {
  id: "debian" | "ubuntu";
  /** "bookworm", "noble" */
  codename: string;
  sources: Source[];
};

/** @returns undefined on any other distribution and operating system */
export async function readDistribution(root = "/"): Promise<Distribution | undefined> {
  const release = await readFile(join(root, "etc/os-release"), "utf8").catch(() => "");
  const id = field(release, "ID");
  const codename = field(release, "VERSION_CODENAME");
  if ((id !== "debian" && id !== "ubuntu") || codename === undefined) return undefined;
  const folder = join(root, "etc/apt/sources.list.d");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name));
  const files = [join(root, "etc/apt/sources.list"), ...names.sort().map((name) => join(folder, name))];
  const texts = files.map(async (file) => {
    return parseSources(basename(file), await readFile(file, "utf8").catch(() => ""));
  });
  return { id, codename, sources: (await Promise.all(texts)).flat() };
}

function field(release: string, name: string): string | undefined {
  return new RegExp(`^${name}=["']?([^"'\n]+)`, "m").exec(release)?.[1];
}

/**
 * Sources of the distribution itself, taken from the machine's own: its mirror, its keys, its proxy. Where the suite is
 * the machine's, they are all of them, security updates included; any other suite is asked of the same mirror.
 *
 * @returns the content of a file in deb822 style, "" if the machine names no mirror
 */
export function sourcesOf(distribution: Distribution, suite: string): string {
  const { id, codename } = distribution;
  const own = ownSources(distribution);
  if (suite === codename) {
    const components = id === "ubuntu" ? "main universe" : "main";
    return own.map((source) => formatSource(source, { types: "deb", components })).join("\n");
  }
  // The security archive is at another address, and a publisher who uses the code name has no updates to it.
  const bases = own.filter((source) => words(source, "suites").some((name) => !EXTENSION.test(name)));
  const mirror = bases.find((base) => hasUpdates(own, base)) ?? bases[0];
  return mirror ? formatSource(mirror, { types: "deb", suites: suite, components: "main" }) : "";
}

/** "bookworm", "bookworm-updates", "bookworm-security" and the older "buster/updates" all belong to one name. */
const EXTENSION = /(-updates|-security|\/updates)$/;

/** Other publishers use the code name too, with components of their own; few of them have a `main`. */
function ownSources({ codename, sources }: Distribution): Source[] {
  const called = (names: string[]) =>
    sources.filter((source) => {
      const suites = words(source, "suites").map((suite) => suite.replace(EXTENSION, ""));
      return words(source, "components").includes("main") && suites.some((suite) => names.includes(suite));
    });
  const byName = called([codename]);
  return byName.length > 0 ? byName : called(["stable", "testing", "unstable", "sid"]);
}

function hasUpdates(sources: Source[], base: Source): boolean {
  return sources.some(
    (source) =>
      source.get("uris") === base.get("uris") &&
      words(source, "suites").some((suite) => suite.endsWith("-updates")),
  );
}
