import { type ParseArgsConfig, parseArgs } from "node:util";
import { Interrupted } from "./interruption.ts";

/** Wrong options. The message is one sentence that names the valid ones. */
export class UsageError extends Error {}

/**
 * Runs a command and sets the exit status of the process: the result of `run`; 2 after a UsageError, 130 after Interrupted,
 * 1 after another error. The message of an error goes to stderr.
 *
 * @param describe the message of an error that is neither, for commands that must keep secrets out of it
 */
export async function runCommand(
  run: (args: readonly string[]) => Promise<number>,
  describe: (error: unknown) => string = messageOf,
): Promise<void> {
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    // At once: a server that is still starting would keep the process alive. Its watchdog stops the server.
    if (error instanceof Interrupted) process.exit(130);
    console.error(error instanceof UsageError ? error.message : describe(error));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** @throws UsageError if parseArgs rejects the arguments */
export function readArguments<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // The rest of parseArgs' message explains dashes and positional arguments.
    const [problem] = messageOf(error).split(/\.\s/);
    const valid = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    throw new UsageError(`${problem}; valid options are ${valid.join(", ")}.`);
  }
}

/** @throws UsageError if the text is none of the valid values */
export function oneOf<Value extends string>(option: string, text: string, valid: readonly Value[]): Value {
  const found = valid.find((value) => value === text);
  if (found === undefined) {
    throw new UsageError(`${option} cannot be "${text}"; valid values are ${valid.join(", ")}.`);
  }
  return found;
}

/** @throws UsageError if the text is no whole number from `least` to `most` */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError(
      `${option} cannot be "${text}"; valid values are the whole numbers from ${least} to ${most}.`,
    );
  }
  return number;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
