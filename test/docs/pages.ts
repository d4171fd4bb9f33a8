import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** A Markdown page of the repository. */
export interface Page {
  /** Path from the root, such as `docs/testing.md`. */
  readonly path: string;
  readonly text: string;
}

/** All Markdown pages that git knows or would add. */
export function pages(): Page[] {
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
    cwd: ROOT,
  });
  const paths = [...new Set(list.toString().trim().split("\n"))];
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** The text without code blocks, in which nothing is a link or a sentence. */
export function prose(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, "");
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );
}
