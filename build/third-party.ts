import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";
import { licenseText } from "./license-text.ts";

/** A package of which something is in a bundle. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** As its package.json says: an SPDX expression, or whatever its author wrote. */
  readonly license: string;
  /** Whether the package contains its license text, which names the copyright holder. */
  readonly hasText: boolean;
}

/** Beside every bundle: the list, for `npm run licenses` and `npm run audit`. */
export const LIST = "third-party.json";
/** Beside every bundle: the words that MIT, ISC, BSD and Apache 2.0 want to go with every copy. Bundles drop comments. */
export const TEXTS = "THIRD-PARTY-LICENSES.txt";

/** Writes down whose bytes a bundle consists of. */
export async function writeThirdParty(folder: string, metafile: Metafile): Promise<void> {
  const folders = new Set(packageFolders(metafile).map((folder) => resolve(folder)));
  const packages = [...folders].map((folder) => ({ ...describe(folder), text: licenseText(folder) }));
  packages.sort((a, b) => (a.name < b.name ? -1 : 1));
  const list: ThirdParty[] = packages.map(({ text, ...others }) => ({
    ...others,
    hasText: text !== undefined,
  }));
  await writeFile(join(folder, LIST), `${JSON.stringify(list, undefined, 2)}\n`);
  await writeFile(join(folder, TEXTS), texts(packages));
}

/** The folders of the packages whose code is in the bundle: packages that were read and then dropped do not count. */
export function packageFolders({ outputs }: Metafile): string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => (inputs[file]?.bytesInOutput ?? 0) > 0),
  );
  return [
    ...new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? [])),
  ];
}

function describe(folder: string) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { name: String(name), version: String(version), license: String(license ?? "none stated") };
}

/** Most packages of one author share one text, but for its line breaks: it stands once, below their names. */
function texts(packages: readonly (Omit<ThirdParty, "hasText"> & { text: string | undefined })[]): string {
  const named = packages.map(({ name, version, license, text }) => ({
    title: `${name} ${version} (${license})`,
    text: text ?? `Its package comes without the text of its license, which is ${license}.`,
  }));
  const parts = [...Map.groupBy(named, ({ text }) => text.replace(/\s+/g, " ")).values()].map(
    (those) => `${those.map(({ title }) => title).join("\n")}\n\n${those[0]?.text}\n`,
  );
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
