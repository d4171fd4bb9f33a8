import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names of license files in packages, and of the notices that Apache 2.0 requires to be kept. */
const FILES = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/** License section of a README: some packages have their license text only there. */
const SECTION = /^#+ *licen[cs]e\s*\n(?<text>[\s\S]*?copyright[\s\S]*?permission[\s\S]*?)(?=^#|(?![\s\S]))/im;

/** The license text of an installed package; undefined if the package has none. */
export function licenseText(folder: string): string | undefined {
  const files = readdirSync(folder).filter((file) => FILES.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r", "").trim());
  return texts.length > 0 ? texts.join("\n\n") : fromReadme(folder);
}

function fromReadme(folder: string): string | undefined {
  const file = join(folder, "README.md");
  return existsSync(file) ? SECTION.exec(readFileSync(file, "utf8"))?.groups?.text?.trim() : undefined;
}
