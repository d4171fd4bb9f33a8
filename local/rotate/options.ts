import { oneOf, readArguments, UsageError, wholeNumber } from "../command-line.ts";
import { ENGINE_NAMES, type EngineName, STRATEGIES, type StrategyName, strategiesOf } from "../engines.ts";
import { REPRODUCIBLE, REPRODUCTIONS, type Reproducible } from "./reproduce/table.ts";

export interface Options {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly rotations: number;
  readonly withClient: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  /** The reason that a rotation is to fail with. */
  readonly reproduce: Reproducible | undefined;
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
  --reproduce REASON breaks something instead, so that the rotation fails with this reason of docs/troubleshooting.md;
                     shows what the function logs, then that it rotates after the remedy
  --help             prints this

Exit status: 0 the proof is what the strategy promises, 1 it is not, or a query of the application failed, 2 wrong
options. With --reproduce: 0 the rotation failed with that reason and succeeded after the remedy, 1 it did not.`;

export function parseOptions(args: readonly string[]): Options {
  const { values, tokens } = readArguments({ args: [...args], options: OPTIONS, tokens: true });
  const { "with-client": withClient, json, keep, help } = values;
  if (values.reproduce !== undefined) {
    const reproduce = oneOf("--reproduce", values.reproduce, REPRODUCIBLE);
    refuseBesideReproduce(tokens.flatMap((token) => (token.kind === "option" ? token.name : [])));
    const { engine, strategy } = REPRODUCTIONS[reproduce];
    return { engine, strategy, rotations: 1, withClient, json, keep, reproduce, help };
  }
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
    ...{ withClient, json, keep, help },
    reproduce: undefined,
  };
}

function refuseBesideReproduce(given: readonly string[]): void {
  const decided = given.find((name) => !["reproduce", "keep", "help"].includes(name));
  if (decided !== undefined) {
    throw new UsageError(`--${decided} does not go with --reproduce: the reason decides what is rotated.`);
  }
}

const OPTIONS = {
  engine: { type: "string", default: "postgres" },
  strategy: { type: "string", default: "single-user" },
  rotations: { type: "string", default: "1" },
  "with-client": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  reproduce: { type: "string" },
  help: { type: "boolean", default: false },
} as const;
