import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { type Answer, serviceFault } from "../support/passage.ts";

/** Answers reads of a secret as of the moment when it was made: a replica that lags behind. */
export type Recall = (operation: string, input: object) => Answer;

const CALLER = "AKIAREPLICA0000000000";

export function remember(secretsManager: SecretsManager, SecretId: string): Recall {
  const read = (operation: string, input: object): Record<string, unknown> => ({
    ...secretsManager.call(operation, { SecretId, ...input }, CALLER),
  });
  const description = read("DescribeSecret", {});
  const labels: Record<string, string[]> = Object(description.VersionIdsToStages);
  const { Versions } = read("ListSecretVersionIds", { IncludeDeprecated: true, MaxResults: 100 });
  const values = (Array.isArray(Versions) ? Versions : []).map(({ VersionId }) =>
    read("GetSecretValue", { VersionId }),
  );
  return (operation, input) => {
    if (operation === "DescribeSecret") return { status: 200, body: JSON.stringify(description) };
    const { VersionId, VersionStage = "AWSCURRENT" }: { VersionId?: string; VersionStage?: string } = input;
    const version = VersionId ?? Object.keys(labels).find((id) => labels[id]?.includes(VersionStage));
    const value = values.find(
      (one) => one.VersionId === version && labels[String(version)]?.includes(VersionStage),
    );
    return value
      ? { status: 200, body: JSON.stringify(value) }
      : serviceFault(400, "ResourceNotFoundException");
  };
}
