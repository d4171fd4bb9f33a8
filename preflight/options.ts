import { oneOf, readArguments, UsageError } from "../local/command-line.ts";

export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  /** Name or ARN of the function; undefined with --local. */
  readonly functionName: string | undefined;
  /** "all": every secret that names the function. */
  readonly secrets: readonly string[] | "all";
  /** Only for --local: a secret does not tell its strategy. */
  readonly strategy: "single-user" | "master-user";
}

const STRATEGIES = ["single-user", "master-user"] as const;

export const HELP = `Asks whether the next rotation of a secret would succeed, and changes nothing.

  npm run preflight -- --function NAME --secret-id NAME-OR-ARN [options]
  npm run preflight -- --function NAME --all [options]
  npm run preflight -- --local --strategy ${STRATEGIES.join("|")} --secret-id NAME-OR-ARN [options]

  --function F      the deployed function, by name or ARN: the checks run with its role, network and environment
  --secret-id S     the secret; may be given several times
  --all             every secret that names the function
  --local           runs the checks from here instead, with your own credentials and network
  --strategy S      with --local: the strategy of the secret's function (default: ${STRATEGIES[0]})
  --json            prints one JSON array; best as: npm run --silent preflight -- --json …
  --help            prints this

AWS credentials and region come from where every AWS tool finds them. --function takes lambda:InvokeFunction on the
function, --all also secretsmanager:ListSecrets; policies/preflight.json has both. With --local, the environment variables
of the function (DATABASE_CA_FILE, PASSWORD_LENGTH, …) count as they are set here.

Exit status: 0 every secret is healthy, warnings included; 1 one is not, is rotating just now, or could not be asked
about, or no secret names the function; 2 wrong options. No password is ever printed.`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  const { "secret-id": secretIds = [], function: functionName, local, all, json, help } = values;
  const strategy = oneOf("--strategy", values.strategy ?? STRATEGIES[0], STRATEGIES);
  if (!help) {
    if ((functionName === undefined) !== local) {
      throw new UsageError("Give either --function, the deployed function to ask, or --local.");
    }
    if (all === secretIds.length > 0) {
      throw new UsageError("Give either --secret-id, the name or ARN of a secret, or --all.");
    }
    if (local ? all : values.strategy !== undefined) {
      throw new UsageError("--all needs --function, and --strategy needs --local.");
    }
  }
  return { help, json, functionName, strategy, secrets: all ? "all" : secretIds };
}

const OPTIONS = {
  function: { type: "string" },
  "secret-id": { type: "string", multiple: true },
  strategy: { type: "string" },
  local: { type: "boolean", default: false },
  all: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;
