import { type ParseArgsConfig, parseArgs } from "node:util";
import { Interrupted } from "./interruption.ts";

/** Wrong options. The message is one sentence that names the valid ones. */
export class UsageError extends Error {}

const INTERRUPTED = 130;

/**
 * Runs a command with the arguments of the process, and sets its exit status.
 *
 * @param describe the message of an error, for commands that must keep secrets out of it
 */
export async function runCommand(
  run: (args: readonly string[]) => Promise<number>,
  describe: (error: unknown) => string = messageOf,
): Promise<void> {
  process.exitCode = await exitStatus(() => run(process.argv.slice(2)), describe, process.stderr);
  // At once: a server that is still starting would keep the process alive. Its watchdog stops the server.
  if (process.exitCode === INTERRUPTED) process.exit();
}

/**
 * @param describe the message of an error other than UsageError
 * @param stderr receives the message of an error
 * @returns the result of `run`; 2 after a UsageError, 130 after Interrupted, 1 after another error
 */
export async function exitStatus(
  run: () => Promise<number>,
  describe: (error: unknown) => string,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Interrupted) return INTERRUPTED;
    stderr.write(`${error instanceof UsageError ? error.message : describe(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
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
