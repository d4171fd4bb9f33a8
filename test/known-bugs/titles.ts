import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A title that begins with the ids of bugs, "V8 V10 a new clone …": the first argument of a test, or the name of a case
 * in a table.
 */
const TITLE = /(?:\(\s*|^\s*)["'`]((?:V\d+ )+)([^"`\n]*)/gm;

/** A line that is nothing but comment. */
const COMMENT = /^\s*(?:\/\*|\*|\/\/).*$/gm;

export interface Title {
  readonly file: string;
  readonly ids: readonly string[];
  readonly text: string;
}

/** The tests that carry the id of a bug, as their sources name them. */
export function titlesWithIds(): Title[] {
  const root = join(import.meta.dirname, "..");
  return globSync("**/*.ts", { cwd: root })
    .sort()
    .flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").replace(COMMENT, "").matchAll(TITLE)].map(
        ([, ids = "", text = ""]) => ({
          file: `test/${file}`,
          ids: ids.trim().split(" "),
          text,
        }),
      ),
    );
}
