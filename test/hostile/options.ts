import { parseArgs } from "node:util";

export interface Options {
  readonly seed: number;
  readonly cases: number;
  readonly areas: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

const MOST_CASES = 1_000_000;
const DEFAULT_CASES = 24_000;

export const HELP = `Bad and hostile input for all functions: events, settings, secrets, and servers that mean harm.

  npm run hostile [-- options]

  --seed N        the same cases again (default: another one each time; it is printed)
  --cases N       how many, 1 to ${MOST_CASES} (default: ${DEFAULT_CASES}, which take some minutes)
  --area NAME     only areas whose name contains this; may be repeated
  --json          prints one JSON object instead
  --help          prints this

Exit status: 0 nothing was found, 1 something was, 2 wrong options.`;

/** What the user typed is not what there is. */
export class UsageError extends Error {}

const OPTIONS = {
  seed: { type: "string" },
  cases: { type: "string", default: String(DEFAULT_CASES) },
  area: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export function parseOptions(args: readonly string[]): Options {
  const { seed = String(Math.trunc(Math.random() * 2 ** 31)), cases, area = [], json, help } = parse(args);
  return {
    seed: number("--seed", seed, 0, 2 ** 31),
    cases: number("--cases", cases, 1, MOST_CASES),
    areas: area,
    json,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    const valid = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new UsageError(`${String(error).split(". ")[0]}; valid options are ${valid.join(", ")}.`);
  }
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${option} cannot be "${text}"; it is a whole number from ${least} to ${most}.`);
  }
  return value;
}
