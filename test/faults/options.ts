import { parseArgs } from "node:util";
import type { EngineName } from "../contract/servers.ts";
import { ENGINES, STRATEGIES } from "./columns.ts";
import { CHANGES } from "./database/changes.ts";
import { CHANGES as SECRET_CHANGES } from "./outside/changes.ts";
import type { StrategyName } from "./scene.ts";
import { FAULTS } from "./strikes.ts";

export interface Options {
  readonly engines: readonly EngineName[];
  readonly strategies: readonly StrategyName[];
  readonly seed: number;
  readonly sample: number | undefined;
  readonly only: string | undefined;
  readonly json: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

export const HELP = `Lets something go wrong at every external effect of a rotation, and looks whether it recovers.

  npm run faults [-- options]

Learns from a clean rotation each call to Secrets Manager, each login and each statement. At every one, before it
happened and when it has happened and the function does not know yet:
${Object.entries(FAULTS)
  .map(([fault, what]) => `  ${fault.padEnd(10)} ${what}`)
  .join("\n")}
Then the service tries the whole rotation again with the same token, up to three times. After every effect the passwords
are tried that applications would use at that instant.

Before some of them, which the seed chooses, something happens to the database, too: while the rotation is under way,
${Object.entries(CHANGES)
  .map(([name, { what }]) => `  ${name.padEnd(24)} ${what}`)
  .join("\n")}
Or somebody changes the secret at that instant:
${Object.entries(SECRET_CHANGES)
  .map(([name, { what }]) => `  ${name.padEnd(24)} ${what}`)
  .join("\n")}
Then people do what the errors say, and nothing else, until a rotation succeeds.

Every step is also invoked two and three times at once, and while the step before it, or itself, is still at work.

  --engine NAME      ${ENGINES.join(", ")} (default: all)
  --strategy NAME    ${STRATEGIES.join(", ")} (default: both)
  --sample N         so many cases of each engine and strategy instead of all
  --seed N           chooses the sample, and the cases with two faults (default: at random; it is printed)
  --only ID          one case again, as it is named when it fails
  --json             prints one JSON object instead; best as: npm run --silent faults -- --json
  --write            writes the table into README.md
  --help             prints this

Exit status: 0 nothing was lost, 1 something was, 2 wrong options.`;

/** What the user typed is not what there is. The message is one sentence with the valid ones. */
export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const [engine, strategy] = values.only?.split("/") ?? [values.engine, values.strategy];
  const options: Options = {
    engines: engine === undefined ? ENGINES : [oneOf("engine", engine, ENGINES)],
    strategies: strategy === undefined ? STRATEGIES : [oneOf("strategy", strategy, STRATEGIES)],
    seed: values.seed === undefined ? randomSeed() : count("--seed", values.seed),
    sample: values.sample === undefined ? undefined : count("--sample", values.sample),
    only: values.only,
    json: values.json,
    write: values.write,
    help: values.help,
  };
  const isPart = options.engines.length < ENGINES.length || options.strategies.length < STRATEGIES.length;
  if (options.write && (isPart || options.sample !== undefined)) {
    throw new UsageError(
      "--write is for the whole matrix: leave out --engine, --strategy, --sample and --only.",
    );
  }
  return options;
}

const OPTIONS = {
  engine: { type: "string" },
  strategy: { type: "string" },
  sample: { type: "string" },
  seed: { type: "string" },
  only: { type: "string" },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    const valid = Object.keys(OPTIONS).map((name) => `--${name}`);
    const problem = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new UsageError(`${problem}; valid options are ${valid.join(", ")}.`);
  }
}

function oneOf<Name extends string>(what: string, value: string, valid: readonly Name[]): Name {
  const found = valid.find((name) => name === value);
  if (found === undefined) {
    throw new UsageError(`The ${what} cannot be "${value}"; valid values are ${valid.join(", ")}.`);
  }
  return found;
}

function count(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(
      `${option} cannot be "${text}"; valid values are whole numbers of up to nine digits.`,
    );
  }
  return Number(text);
}

export function randomSeed(): number {
  return Math.floor(Math.random() * 1e9);
}
