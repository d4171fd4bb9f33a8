/**
 * Prints the section of CHANGELOG.md about package.json's version, and fails if a tag is not of that version:
 *
 *   node deploy/release/tag.ts v1.2.3
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Returns the section of a changelog about one version, without its heading.
 *
 * @throws if the changelog lacks the version or its date
 */
export function notesOf(changelog: string, version: string): string {
  const [, ...parts] = changelog.split(/^## /m);
  const part = parts.find((text) => text.startsWith(`[${version}] - `));
  if (part === undefined || !/^\[[^\]]+\] - \d{4}-\d{2}-\d{2}$/m.test(part)) {
    throw new Error(
      `CHANGELOG.md has no heading "## [${version}] - YYYY-MM-DD". Add the section of the version.`,
    );
  }
  return part
    .slice(part.indexOf("\n"))
    .replace(/^\[[^\]]+\]: \S+$/gm, "")
    .trim();
}

if (import.meta.main) {
  const [tag] = process.argv.slice(2);
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  if (tag !== `v${version}`) {
    throw new Error(`The tag ${tag} is not v${version}, the version in package.json.`);
  }
  process.stdout.write(`${notesOf(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"), version)}\n`);
}
