import { type LambdaFunction, startFunction } from "../lambda/function.ts";
import type { Invoke } from "./events.ts";

export interface DeployedFunctions extends AsyncDisposable {
  /** The functions' ARNs in the Region of the options. */
  readonly arns: readonly string[];
  /** Finds a function by ARN, with or without a version or an alias. */
  find(arn: string): Invoke | undefined;
}

export interface DeploymentOptions {
  /** Key: name of the function. Value: bundle. */
  bundles: ReadonlyMap<string, string>;
  /** The environment variables of every function. */
  environment: Readonly<Record<string, string>>;
  account: string;
  region: string;
  secretsManagerUrl: string;
  /** Receives every line that a function writes. */
  onLog: (name: string, line: string) => void;
}

const ARN = /^arn:[a-z-]+:lambda:([a-z0-9-]+):([0-9]+):function:([^:]+)(?::[^:]+)?$/;

/**
 * Deploys functions to this machine. Each function exists in every Region, so secrets of all Regions can be rotated.
 * @throws if a bundle is missing, or an environment variable is one that Lambda reserves
 */
export async function deployFunctions(options: DeploymentOptions): Promise<DeployedFunctions> {
  const { bundles, environment, account, secretsManagerUrl, onLog } = options;
  const deployed = new Map<string, Promise<LambdaFunction>>();

  function inRegion(region: string, name: string, bundle: string): Promise<LambdaFunction> {
    const key = `${region}:${name}`;
    const starting =
      deployed.get(key) ??
      startFunction({
        name,
        bundle,
        environment: { ...environment },
        account,
        region,
        secretsManagerUrl,
        onLog: (line) => onLog(name, line),
      });
    deployed.set(key, starting);
    return starting;
  }

  const first = [...bundles].map(([name, bundle]) => inRegion(options.region, name, bundle));
  return {
    arns: (await Promise.all(first)).map(({ arn }) => arn),
    find(arn) {
      const [, region = "", owner, name = ""] = ARN.exec(arn) ?? [];
      const bundle = bundles.get(name);
      if (bundle === undefined || owner !== account) return undefined;
      return async (event) => (await inRegion(region, name, bundle)).invoke(event);
    },
    async [Symbol.asyncDispose]() {
      for (const starting of await Promise.all(deployed.values())) await starting[Symbol.asyncDispose]();
    },
  };
}
