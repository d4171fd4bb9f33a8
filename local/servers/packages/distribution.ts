import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { formatSource, parseSources, type Source, words } from "./sources.ts";

/** A Linux distribution whose packages can be fetched. */
export type Distribution = {
  id: "debian" | "ubuntu";
  /** "bookworm", "noble" */
  codename: string;
  sources: Source[];
};

/** @returns this machine's distribution; undefined on other distributions and operating systems */
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
 * Selects the distribution's own sources from those of the machine, with their mirror, keys and proxy. For the machine's
 * suite these are all, including security updates; for another suite it is the same mirror with that suite.
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
  // Not the security archive, which has another address, nor another publisher, who has no "-updates" suite.
  const bases = own.filter((source) => words(source, "suites").some((name) => !EXTENSION.test(name)));
  const mirror = bases.find((base) => hasUpdates(own, base)) ?? bases[0];
  return mirror ? formatSource(mirror, { types: "deb", suites: suite, components: "main" }) : "";
}

/** Matches the rest after the code name: "bookworm-updates", "bookworm-security", and the older "buster/updates". */
const EXTENSION = /(-updates|-security|\/updates)$/;

/** Other publishers use the code name too, but few of them have a component `main`. */
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
