import { randomUUID } from "node:crypto";

/** Calls Secrets Manager as a person who may write one secret. */
export type Call = (operation: string, input: object) => Record<string, unknown>;

type Labels = Record<string, string[]>;

function labelsOf(call: Call, arn: string): Labels {
  return call("DescribeSecret", { SecretId: arn }).VersionIdsToStages as Labels; // AWS's shape.
}

function holderOf(call: Call, arn: string, label: string): string | undefined {
  return Object.entries(labelsOf(call, arn)).find(([, labels]) => labels.includes(label))?.[0];
}

/** Stores a value in the version of the rotation in progress, before createSecret does. */
export function storePending(call: Call, arn: string, token: string, value: object): void {
  put(call, arn, token, value, ["AWSPENDING"]);
}

/** Stores a value in a new version and moves AWSPENDING to it. @returns the version. */
export function replacePending(call: Call, arn: string, value: object): string {
  const version = randomUUID();
  put(call, arn, version, value, ["AWSPENDING"]);
  return version;
}

/** Puts AWSPREVIOUS on a new version with a value that the secret never had. */
export function forgePrevious(call: Call, arn: string, value: object): void {
  const version = randomUUID();
  put(call, arn, version, value, ["FORGED"]);
  moveLabel(call, arn, "AWSPREVIOUS", version);
}

export function moveLabel(call: Call, arn: string, label: string, version: string): void {
  const from = holderOf(call, arn, label);
  call("UpdateSecretVersionStage", {
    SecretId: arn,
    VersionStage: label,
    MoveToVersionId: version,
    ...(from !== undefined && { RemoveFromVersionId: from }),
  });
}

/** The passwords of all versions, also of those without labels. */
export function passwordsOf(call: Call, arn: string): string[] {
  const answer = call("ListSecretVersionIds", { SecretId: arn, IncludeDeprecated: true });
  const versions = answer.Versions as { VersionId: string }[]; // AWS's shape.
  return versions.flatMap(({ VersionId }) => {
    try {
      const { SecretString } = call("GetSecretValue", { SecretId: arn, VersionId });
      const { password } = JSON.parse(String(SecretString));
      return typeof password === "string" ? [password] : [];
    } catch {
      return []; // A version without a value.
    }
  });
}

function put(call: Call, arn: string, version: string, value: object, labels: string[]): void {
  call("PutSecretValue", {
    SecretId: arn,
    ClientRequestToken: version,
    SecretString: JSON.stringify(value),
    VersionStages: labels,
  });
}
