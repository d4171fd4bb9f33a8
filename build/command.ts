import { parseArgs } from "node:util";

/** @returns undefined if nothing is left to do: somebody asked for help, or for what there is not. */
export function options(help: string): { json: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    });
    if (!values.help) {
      return values;
    }
    console.log(help);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exitCode = 2;
  }
  return undefined;
}
