import { type ParseArgsConfig, parseArgs } from "node:util";

/** What the user typed is not what there is. The message is one sentence with what is valid. */
export class UsageError extends Error {}

/** @throws UsageError about what parseArgs does not take. */
export function readArguments<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // What it says after the first sentence is about dashes and positional arguments.
    const problem = error instanceof Error ? error.message.split(/\.\s/)[0] : String(error);
    const valid = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    throw new UsageError(`${problem}; valid options are ${valid.join(", ")}.`);
  }
}

export function oneOf<Value extends string>(option: string, text: string, valid: readonly Value[]): Value {
  const found = valid.find((value) => value === text);
  if (found === undefined) {
    throw new UsageError(`${option} cannot be "${text}"; valid values are ${valid.join(", ")}.`);
  }
  return found;
}

export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError(
      `${option} cannot be "${text}"; valid values are the whole numbers from ${least} to ${most}.`,
    );
  }
  return number;
}
