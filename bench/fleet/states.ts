import { randomUUID } from "node:crypto";
import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";

export interface FleetSecret {
  readonly arn: string;
  readonly first: string;
  readonly token: string;
}

export const OLD_VALUE = "the old value";

export function newSecret(service: SecretsManager, index: number): FleetSecret {
  const [first, token] = [randomUUID(), randomUUID()];
  const input = { Name: `fleet-${index}`, SecretString: OLD_VALUE, ClientRequestToken: first };
  return { arn: String(Object(service.call("CreateSecret", input)).ARN), first, token };
}

/**
 * rotated: AWSCURRENT is the new value and logs in. waiting: AWSCURRENT is the old value and logs in. lockedOut: AWSCURRENT
 * does not log in, but AWSPENDING does, and the next attempt continues from there. lost: anything else.
 */
export type State = "rotated" | "waiting" | "lockedOut" | "lost";

/** @param password the one that the database accepts */
export function stateOf(
  service: SecretsManager,
  { arn, first, token }: FleetSecret,
  password: string | undefined,
): State {
  const { VersionIdsToStages: labels } = Object(service.call("DescribeSecret", { SecretId: arn }));
  const has = (version: string, label: string) => [labels[version] ?? []].flat().includes(label);
  if (has(token, "AWSCURRENT")) {
    const whole = has(first, "AWSPREVIOUS") && storedValue(service, arn, token) === password;
    return whole && password === token ? "rotated" : "lost";
  }
  if (!has(first, "AWSCURRENT")) return "lost";
  if (storedValue(service, arn, first) === password) return "waiting";
  return has(token, "AWSPENDING") && storedValue(service, arn, token) === password ? "lockedOut" : "lost";
}

/** @returns undefined if the version has no value */
export function storedValue(
  service: SecretsManager,
  SecretId: string,
  VersionId: string,
): string | undefined {
  try {
    return Object(service.call("GetSecretValue", { SecretId, VersionId })).SecretString;
  } catch {
    return undefined;
  }
}
