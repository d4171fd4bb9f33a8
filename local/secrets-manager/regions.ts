import { createSecrets, type Secrets } from "./secrets.ts";

/** The secrets of one account, Region by Region. */
export interface Regions {
  /** The secrets of one Region. Every name of a Region is valid. */
  in(region: string): Secrets;
}

export function createRegions(options: { account: string; now: () => Date }): Regions {
  const regions = new Map<string, Secrets>();
  return {
    in(region) {
      const secrets = regions.get(region) ?? createSecrets({ ...options, region });
      regions.set(region, secrets);
      return secrets;
    },
  };
}

/** "arn:aws:secretsmanager:REGION:…" → "REGION"; undefined if the text is no ARN. */
export function regionOf(arn: string): string | undefined {
  return /^arn:[a-z-]+:[a-z]+:([a-z0-9-]+):/.exec(arn)?.[1];
}
