import { oneOf, readArguments, UsageError, wholeNumber } from "../../local/command-line.ts";
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

const MOST = 999_999_999;

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

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const [engine, strategy] = values.only?.split("/") ?? [values.engine, values.strategy];
  const options: Options = {
    engines: engine === undefined ? ENGINES : [oneOf("--engine", engine, ENGINES)],
    strategies: strategy === undefined ? STRATEGIES : [oneOf("--strategy", strategy, STRATEGIES)],
    seed: values.seed === undefined ? randomSeed() : wholeNumber("--seed", values.seed, 0, MOST),
    sample: values.sample === undefined ? undefined : wholeNumber("--sample", values.sample, 1, MOST),
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

export function randomSeed(): number {
  return Math.floor(Math.random() * MOST);
}
