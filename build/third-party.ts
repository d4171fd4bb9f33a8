import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";
import { licenseText } from "./license-text.ts";

/** A package with code in a bundle. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** From package.json: an SPDX expression, or any text of its author. */
  readonly license: string;
  /** Whether the package contains its license text, which names the copyright holder. */
  readonly hasText: boolean;
}

/** File beside every bundle with the list of packages, for `npm run licenses` and `npm run audit`. */
export const LIST = "third-party.json";
/** File beside every bundle with the license texts that MIT, ISC, BSD and Apache 2.0 require in every copy. */
export const TEXTS = "THIRD-PARTY-LICENSES.txt";

/** Writes the packages of a bundle and their license texts beside it. */
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

/** Folders of the packages with code in the bundle. Packages whose code esbuild removed do not count. */
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

/** Prints each text once, below the packages that share it. Texts that differ only in line breaks count as the same. */
function texts(packages: readonly (Omit<ThirdParty, "hasText"> & { text: string | undefined })[]): string {
  const named = packages.map(({ name, version, license, text }) => ({
    title: `${name} ${version} (${license})`,
    text: text ?? `The package does not contain the text of its license, ${license}.`,
  }));
  const parts = [...Map.groupBy(named, ({ text }) => text.replace(/\s+/g, " ")).values()].map(
    (sameText) => `${sameText.map(({ title }) => title).join("\n")}\n\n${sameText[0]?.text}\n`,
  );
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
