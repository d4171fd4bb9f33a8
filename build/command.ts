import { parseArgs } from "node:util";

/**
 * Reads options without values: --json, --help and others.
 *
 * @returns undefined if the command has ended: it printed the help text, or reported wrong options.
 */
export function options(help: string, ...others: readonly string[]): ReadonlySet<string> | undefined {
  try {
    const flags = ["json", "help", ...others].map((name) => [name, { type: "boolean" }] as const);
    const chosen = new Set(Object.keys(parseArgs({ options: Object.fromEntries(flags) }).values));
    if (!chosen.has("help")) {
      return chosen;
    }
    console.log(help);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exitCode = 2;
  }
  return undefined;
}
