import { readArguments, UsageError, wholeNumber } from "../../local/command-line.ts";

/** One of `of` processes that share the cases. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export interface Options {
  readonly seed: number;
  readonly cases: number;
  readonly areas: readonly string[];
  /** Only the cases and mistakes of this process. Undefined: all, in several processes if there are many. */
  readonly part: Part | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const MOST_CASES = 1_000_000;
const DEFAULT_CASES = 24_000;

export const HELP = `Bad and hostile input for all functions: events, settings, secrets, servers that mean harm, and a tenant who may write
a secret and tries to gain something by rotations on real servers.

  npm run test:fuzz [-- options]

  --seed N        the same cases again (default: another one each time; it is printed)
  --cases N       how many, 1 to ${MOST_CASES} (default: ${DEFAULT_CASES}, which take some minutes)
  --area NAME     only areas whose name contains this; may be repeated
  --part K/N      only every Nth case and mistake, from the Kth on: a whole campaign runs its parts in two processes
  --json          prints one JSON object instead
  --help          prints this

In the end a whole campaign, or one with --area, tries functions with a mistake each, made on purpose: a campaign that
misses one proves nothing.

Exit status: 0 nothing was found, 1 something was, or a mistake made on purpose was not; 2 wrong options.`;

const OPTIONS = {
  seed: { type: "string" },
  cases: { type: "string", default: String(DEFAULT_CASES) },
  area: { type: "string", multiple: true },
  part: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const { seed = String(Math.trunc(Math.random() * 2 ** 31)), cases, area = [], part, json, help } = values;
  return {
    seed: wholeNumber("--seed", seed, 0, 2 ** 31),
    cases: wholeNumber("--cases", cases, 1, MOST_CASES),
    areas: area,
    part: part === undefined ? undefined : parsePart(part),
    json,
    help,
  };
}

function parsePart(text: string): Part {
  const [, number = "", of = ""] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!(Number(number) >= 1 && Number(number) <= Number(of))) {
    throw new UsageError(`--part ${text} is not K/N, such as 1/2.`);
  }
  return { index: Number(number) - 1, of: Number(of) };
}
