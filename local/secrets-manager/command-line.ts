import { readArguments, UsageError, wholeNumber } from "../command-line.ts";

export interface Arguments {
  port: number;
  /** The Region of the printed example, and of requests that name none. */
  region: string;
  /** Bundles of rotation functions by the name they get. */
  functions: ReadonlyMap<string, string>;
  /** The environment variables of every function. */
  environment: Readonly<Record<string, string>>;
}

export const HELP = `A local AWS Secrets Manager, in memory, on 127.0.0.1.

  npm run secrets-manager -- [--port 4566] [--function NAME=BUNDLE]... [--env NAME=VALUE]...

  --port PORT             TCP port to listen on; 0: a free port (default: 4566)
  --function NAME=BUNDLE  a rotation function: NAME is the end of its ARN, BUNDLE is the built index.mjs
                          or its folder; may be repeated
  --env NAME=VALUE        an environment variable of every function, such as PASSWORD_LENGTH=40; may be repeated
  --region REGION         the Region in the printed example (default: us-east-1); a secret is in the Region that
                          its client uses, and a function is in all Regions
  --help                  prints this

It has all operations of Secrets Manager, except for secrets of other services and other accounts. It stores resource
policies without enforcing them, shows rotation schedules without running them, and updates replicas at once.
`;

const OPTIONS = {
  port: { type: "string", default: "4566" },
  function: { type: "string", multiple: true },
  env: { type: "string", multiple: true },
  region: { type: "string", default: "us-east-1" },
  help: { type: "boolean", default: false },
} as const;

/**
 * @returns "help" if the arguments ask for the help text
 * @throws UsageError
 */
export function parseArguments(args: readonly string[]): Arguments | "help" {
  const { values } = readArguments({ args: [...args], options: OPTIONS });
  if (values.help) return "help";
  return {
    port: wholeNumber("--port", values.port, 0, 65_535),
    region: parseRegion(values.region),
    functions: new Map((values.function ?? []).map(parseFunction)),
    environment: Object.fromEntries((values.env ?? []).map(parseVariable)),
  };
}

function parseRegion(text: string): string {
  if (!/^([a-z]+-)+[0-9]+$/.test(text)) {
    throw new UsageError(`--region must be a Region such as eu-west-1, not "${text}".`);
  }
  return text;
}

/** A variable's name as Lambda accepts it. The value may be a secret: the error does not quote it. */
function parseVariable(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9_]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(
      "--env must be NAME=VALUE; a name has letters, digits and underscores, two at least.",
    );
  }
  return [name, value];
}

function parseFunction(text: string): [name: string, bundle: string] {
  const [, name, bundle] = /^([A-Za-z0-9_-]{1,64})=(.+)$/.exec(text) ?? [];
  if (name === undefined || bundle === undefined) {
    throw new UsageError(`--function must be NAME=BUNDLE with a Lambda function's name, not "${text}".`);
  }
  return [name, bundle];
}
