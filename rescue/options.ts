import { readArguments, UsageError } from "../local/command-line.ts";
import { FLEET_VERBS } from "./fleet/options.ts";

export const VERBS = ["explain", "unstick", "reset", "discard"] as const;
export type Verb = (typeof VERBS)[number];

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Options {
  readonly verb: Verb;
  /** Name or ARN. */
  readonly secretId: string;
  /** Master secret. Default: the one that the secret names, then MASTER_SECRET_ARN. */
  readonly masterSecretId: string | undefined;
  /** Address to connect to, such as the local end of a tunnel. Default: the address in the secret. */
  readonly through: Address | undefined;
  readonly tryUnlabeled: boolean;
  readonly withoutDatabase: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

const OPTIONS = {
  "secret-id": { type: "string" },
  "master-secret-id": { type: "string" },
  through: { type: "string" },
  "try-unlabeled": { type: "boolean", default: false },
  "without-database": { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const ALWAYS = ["secret-id", "through", "help"];

/** Further options of each verb. */
const OF_VERB: Readonly<Record<Verb, readonly string[]>> = {
  explain: ["try-unlabeled", "json"],
  unstick: ["try-unlabeled", "without-database", "yes"],
  reset: ["master-secret-id", "yes"],
  discard: ["master-secret-id", "yes"],
};

/**
 * @returns the options; with --help, the verb to explain, or "all" if no verb is given
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Options | { readonly help: Verb | "all" } {
  const { values, positionals } = readArguments({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const [named, ...others] = positionals;
  const verb = named === undefined ? "explain" : VERBS.find((one) => one === named);
  if (verb === undefined || others.length > 0) {
    throw new UsageError(
      `"${positionals.join(" ")}" is not a verb; valid verbs are ${[...VERBS, ...FLEET_VERBS].join(", ")}.`,
    );
  }
  if (values.help) {
    return { help: named === undefined ? "all" : verb };
  }
  const valid = [...ALWAYS, ...OF_VERB[verb]];
  const invalid = Object.entries(values).find(([name, value]) => value !== false && !valid.includes(name));
  if (invalid) {
    const names = valid.map((name) => `--${name}`).join(", ");
    throw new UsageError(`${verb} has no option --${invalid[0]}; valid options are ${names}.`);
  }
  const secretId = values["secret-id"];
  if (!secretId) {
    throw new UsageError("--secret-id is missing: the name or the ARN of the secret.");
  }
  return {
    verb,
    secretId,
    masterSecretId: values["master-secret-id"],
    through: values.through === undefined ? undefined : address(values.through),
    tryUnlabeled: values["try-unlabeled"],
    withoutDatabase: values["without-database"],
    yes: values.yes,
    json: values.json,
  };
}

function address(text: string): Address {
  const [, host = "", port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === "" || Number(port) > 65_535) {
    throw new UsageError(`--through cannot be "${text}"; use HOST:PORT, such as localhost:15432.`);
  }
  return { host, port: Number(port) };
}
