import { oneOf, readArguments, UsageError, wholeNumber } from "../../local/command-line.ts";
import {
  ENGINE_NAMES as ENGINES,
  type EngineName,
  STRATEGIES,
  type StrategyName,
} from "../../local/engines.ts";
import { CHANGES } from "./database/changes.ts";
import { FAULTS, type Fault } from "./injections.ts";
import { CHANGES as SECRET_CHANGES } from "./outside/changes.ts";

export interface Options {
  readonly engines: readonly EngineName[];
  readonly strategies: readonly StrategyName[];
  readonly seed: number;
  readonly sample: number | undefined;
  readonly fault: Fault | undefined;
  readonly only: string | undefined;
  readonly json: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

const MOST = 999_999_999;

const FAULT_NAMES = Object.keys(FAULTS) as Fault[];

export const HELP = `Injects a fault at every external effect of a rotation and checks that the rotation recovers.

  npm run test:faults [-- options]

A clean rotation shows each call to Secrets Manager, each login and each statement. A fault is injected before each of
them, and again after it, before the function gets the answer:
${Object.entries(FAULTS)
  .map(([fault, what]) => `  ${fault.padEnd(10)} ${what}`)
  .join("\n")}
Then the service retries the rotation with the same token, up to three times. After every effect the passwords are tried
that applications would use at that moment. The seed chooses which of the last four faults, which take seconds, are
injected where; --fault injects one at all points.

Before some effects, which the seed chooses, the database is changed:
${Object.entries(CHANGES)
  .map(([name, { what }]) => `  ${name.padEnd(24)} ${what}`)
  .join("\n")}
or the secret is:
${Object.entries(SECRET_CHANGES)
  .map(([name, { what }]) => `  ${name.padEnd(24)} ${what}`)
  .join("\n")}
After that, the run follows the instructions in the error messages, and nothing else, until a rotation succeeds.

Every step is also invoked two and three times at once, and during the step before it or another run of itself.

  --engine NAME      ${ENGINES.join(", ")} (default: all)
  --strategy NAME    ${STRATEGIES.join(", ")} (default: both)
  --sample N         number of cases for each engine and strategy (default: all)
  --seed N           chooses the sample and the cases with two faults (default: random; it is printed)
  --fault NAME       one fault, at all of its points, and nothing else
  --only ID          one case, by the name that is printed when it fails
  --json             prints one JSON object; best as: npm run --silent test:faults -- --json
  --write            writes the table into docs/testing.md
  --help             prints this text

Exit status: 0 all cases passed, 1 a case failed, 2 wrong options.`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const [engine, strategy] = values.only?.split("/") ?? [values.engine, values.strategy];
  const options: Options = {
    engines: engine === undefined ? ENGINES : [oneOf("--engine", engine, ENGINES)],
    strategies: strategy === undefined ? STRATEGIES : [oneOf("--strategy", strategy, STRATEGIES)],
    seed: values.seed === undefined ? randomSeed() : wholeNumber("--seed", values.seed, 0, MOST),
    sample: values.sample === undefined ? undefined : wholeNumber("--sample", values.sample, 1, MOST),
    fault: values.fault === undefined ? undefined : oneOf("--fault", values.fault, FAULT_NAMES),
    only: values.only,
    json: values.json,
    write: values.write,
    help: values.help,
  };
  const isPart = options.engines.length < ENGINES.length || options.strategies.length < STRATEGIES.length;
  if (options.write && (isPart || options.sample !== undefined || options.fault !== undefined)) {
    throw new UsageError(
      "--write is for the whole matrix: leave out --engine, --strategy, --sample, --fault and --only.",
    );
  }
  return options;
}

const OPTIONS = {
  engine: { type: "string" },
  strategy: { type: "string" },
  sample: { type: "string" },
  seed: { type: "string" },
  fault: { type: "string" },
  only: { type: "string" },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export function randomSeed(): number {
  return Math.floor(Math.random() * MOST);
}
