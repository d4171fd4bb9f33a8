import { parseArgs } from "node:util";

export interface Options {
  readonly engine: string;
  readonly strategy: string;
  readonly rotations: number;
  readonly json: boolean;
  readonly keep: boolean;
  readonly help: boolean;
}

const ENGINES = ["postgres", "mysql", "mariadb"];
const STRATEGIES = ["single-user", "master-user"];
const MOST_ROTATIONS = 1000;

export const HELP = `Rotates a secret in a private database, with the function as it will be deployed.

  npm start [-- options]

  --engine NAME      ${ENGINES.join(", ")} (default: ${ENGINES[0]})
  --strategy NAME    ${STRATEGIES.join(", ")} (default: ${STRATEGIES[0]})
  --rotations N      how many, one after the other, 1 to ${MOST_ROTATIONS} (default: 1)
  --json             prints one JSON object instead; best as: npm start --silent -- --json
  --keep             leaves everything running until Ctrl-C, and says how to look at it
  --help             prints this

Exit status: 0 the proof is what the strategy promises, 1 it is not, 2 wrong options.`;

/** What the user typed is not what there is. The message is one sentence with the valid ones. */
export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  return {
    engine: oneOf("--engine", values.engine, ENGINES),
    strategy: oneOf("--strategy", values.strategy, STRATEGIES),
    rotations: count(values.rotations),
    json: values.json,
    keep: values.keep,
    help: values.help,
  };
}

const OPTIONS = {
  engine: { type: "string", default: "postgres" },
  strategy: { type: "string", default: "single-user" },
  rotations: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
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

function oneOf(option: string, value: string, valid: readonly string[]): string {
  if (!valid.includes(value)) {
    throw new UsageError(`${option} cannot be "${value}"; valid values are ${valid.join(", ")}.`);
  }
  return value;
}

function count(text: string): number {
  const rotations = Number(text);
  if (!/^\d+$/.test(text) || rotations < 1 || rotations > MOST_ROTATIONS) {
    throw new UsageError(
      `--rotations cannot be "${text}"; valid values are the whole numbers from 1 to ${MOST_ROTATIONS}.`,
    );
  }
  return rotations;
}
