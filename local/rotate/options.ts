import { oneOf, readArguments, UsageError, wholeNumber } from "../command-line.ts";
import { ENGINE_NAMES, type EngineName, STRATEGIES, type StrategyName, strategiesOf } from "../engines.ts";

export interface Options {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly rotations: number;
  readonly withClient: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly help: boolean;
}

const MOST_ROTATIONS = 1000;

export const HELP = `Rotates a secret in a private database, with the function as it will be deployed.

  npm start [-- options]

  --engine NAME      ${ENGINE_NAMES.join(", ")} (default: ${ENGINE_NAMES[0]})
  --strategy NAME    ${STRATEGIES.join(", ")} (default: ${STRATEGIES[0]})
  --rotations N      how many, one after the other, 1 to ${MOST_ROTATIONS} (default: 1)
  --with-client      an application with a pool queries the database meanwhile; its rejected logins are counted
  --json             prints one JSON object instead; best as: npm start --silent -- --json
  --keep             leaves everything running until Ctrl-C, and says how to look at it
  --help             prints this

Exit status: 0 the proof is what the strategy promises, 1 it is not, or a query of the application failed, 2 wrong
options.`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const engine = oneOf("--engine", values.engine, ENGINE_NAMES);
  const strategy = oneOf("--strategy", values.strategy, STRATEGIES);
  if (!strategiesOf(engine).includes(strategy)) {
    throw new UsageError(
      `${engine} has no ${strategy} function: there is no functions/${engine}/${strategy}.ts.`,
    );
  }
  return {
    engine,
    strategy,
    rotations: wholeNumber("--rotations", values.rotations, 1, MOST_ROTATIONS),
    withClient: values["with-client"],
    json: values.json,
    keep: values.keep,
    help: values.help,
  };
}

const OPTIONS = {
  engine: { type: "string", default: "postgres" },
  strategy: { type: "string", default: "single-user" },
  rotations: { type: "string", default: "1" },
  "with-client": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;
