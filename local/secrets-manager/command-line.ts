import { parseArgs } from "node:util";

export interface Arguments {
  port: number;
  /** Bundles of rotation functions by the name they get. */
  functions: ReadonlyMap<string, string>;
}

/** The sentence to print when the arguments are wrong. */
export class UsageError extends Error {}

export const HELP = `A local AWS Secrets Manager, in memory, on 127.0.0.1.

  npm run secrets-manager -- [--port 4566] [--function NAME=BUNDLE]...

  --port PORT             where to listen; 0 takes a free port (default: 4566)
  --function NAME=BUNDLE  a rotation function: NAME is what its ARN ends in, BUNDLE is the built index.mjs
                          or the folder that holds it; may be repeated
  --help                  this text
`;

/** @returns "help" when that is what was asked for. */
export function parseArguments(args: string[]): Arguments | "help" {
  const { values } = parsed(args);
  if (values.help) return "help";
  return { port: parsePort(values.port), functions: new Map(values.function.map(parseFunction)) };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: "string", default: "4566" },
        function: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65_535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not "${text}".`);
  }
  return port;
}

function parseFunction(text: string): [name: string, bundle: string] {
  const [, name, bundle] = /^([A-Za-z0-9_-]{1,64})=(.+)$/.exec(text) ?? [];
  if (name === undefined || bundle === undefined) {
    throw new UsageError(`--function must be NAME=BUNDLE with a Lambda function's name, not "${text}".`);
  }
  return [name, bundle];
}
