import { readArguments, UsageError, wholeNumber } from "../../local/command-line.ts";
import { WRITES_PER_SECOND } from "./window.ts";

export interface ListOptions {
  readonly verb: "list";
  /** Lists only secrets of the function with this ARN. */
  readonly functionArn: string | undefined;
  readonly onlyWrong: boolean;
  readonly json: boolean;
}

export interface PlanOptions {
  readonly verb: "plan";
  readonly secrets: number;
  readonly writesPerSecond: number;
  readonly json: boolean;
}

export const FLEET_VERBS = ["list", "plan"] as const;
type FleetVerb = (typeof FLEET_VERBS)[number];

const HELP: Readonly<Record<FleetVerb, string>> = {
  list: `Lists the secrets that rotate, the worst first, a line each. Reads no value and changes nothing.

  npm run rescue -- list [options]

  --function ARN        only the secrets of this function, also by a version or an alias
  --overdue             only those that are overdue or stuck
  --json                prints one JSON array; best as: npm run --silent rescue -- list --json

stuck          AWSPENDING is on a version of its own, and nothing has changed for 15 minutes
overdue        the window of the next rotation is over; how long ago is shown
off            rotation is configured and turned off
never-rotated  rotation is on, and there was none yet
rotating       AWSPENDING is on a version of its own
ok

Exit status: 0 none is overdue or stuck; 1 one is, or it failed; 2 wrong options. policies/watch-fleet.json is what
it takes in AWS.`,
  plan: `Says how long the rotation window of a fleet must be.

  npm run rescue -- plan --secrets N [options]

  --secrets N           secrets that rotate in the same window in one account and Region, by any function
  --writes-per-second N what is left of Secrets Manager's quota of PutSecretValue and UpdateSecretVersionStage
                        (default: ${WRITES_PER_SECOND}, all of it)
  --json                prints one JSON object

Exit status: 0; 2 wrong options. It asks nobody.`,
};

const OF_VERB = {
  list: ["function", "overdue", "json", "help"],
  plan: ["secrets", "writes-per-second", "json", "help"],
} as const;

const OPTIONS = {
  function: { type: "string" },
  overdue: { type: "boolean", default: false },
  secrets: { type: "string" },
  "writes-per-second": { type: "string", default: String(WRITES_PER_SECOND) },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** @param args the arguments after the verb */
export function parseFleetOptions(
  verb: FleetVerb,
  args: readonly string[],
): ListOptions | PlanOptions | { readonly help: string } {
  const options = Object.fromEntries(OF_VERB[verb].map((name) => [name, OPTIONS[name]]));
  readArguments({ args: [...args], options });
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  if (values.help) {
    return { help: HELP[verb] };
  }
  if (verb === "list") {
    return { verb, functionArn: values.function, onlyWrong: values.overdue, json: values.json };
  }
  if (values.secrets === undefined) {
    throw new UsageError("--secrets is missing: the number of secrets that rotate in the same window.");
  }
  return {
    verb,
    secrets: wholeNumber("--secrets", values.secrets, 1, 500_000),
    writesPerSecond: wholeNumber("--writes-per-second", values["writes-per-second"], 1, 1000),
    json: values.json,
  };
}
