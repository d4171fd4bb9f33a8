import * as v from "valibot";
import { maxResults, nextToken, secretId } from "../fields.ts";
import { labelsOf } from "../labels.ts";
import { onAccount, onSecret } from "../operation.ts";
import { nextRotation } from "../rotation-rules.ts";
import type { Secret } from "../secret.ts";
import { page, timestamp } from "../wire.ts";

/** Works on a secret that is scheduled for deletion, and shows the placeholder of a rotation. */
export const describeSecret = onSecret(
  v.object({ SecretId: secretId }),
  (_context, secret) => ({ ...summary(secret), VersionIdsToStages: versionIdsToStages(secret) }),
  "allowed",
);

/** What DescribeSecret and ListSecrets share. The rotation's members are absent until it is configured. */
function summary(secret: Secret): object {
  const { rotation } = secret;
  const next = rotation?.enabled ? nextRotation(rotation.rules, rotation.countedFrom) : undefined;
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    RotationEnabled: rotation?.enabled,
    RotationLambdaARN: rotation?.lambdaArn,
    RotationRules: rotation?.rules,
    LastRotatedDate: timestamp(secret.lastRotated),
    LastChangedDate: timestamp(secret.lastChanged),
    LastAccessedDate: timestamp(secret.lastAccessed),
    DeletedDate: timestamp(secret.deletionDate),
    NextRotationDate: timestamp(next),
    CreatedDate: timestamp(secret.created),
    Tags: secret.tags.size === 0 ? undefined : [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}

/** Labelled versions only; undefined when there are none. */
function versionIdsToStages(secret: Secret): Record<string, string[]> | undefined {
  const holders = new Set(secret.labels.values());
  if (holders.size === 0) return undefined;
  return Object.fromEntries([...holders].map((id) => [id, labelsOf(secret.labels, id)]));
}

const versionsInput = v.object({
  SecretId: secretId,
  MaxResults: v.optional(maxResults),
  NextToken: v.optional(nextToken),
  IncludeDeprecated: v.optional(v.boolean(), false),
});

/**
 * The placeholder of a rotation is left out. AWS is known to omit the AWSPENDING version here at times
 * (PCS user guide): code that needs it has to use DescribeSecret.
 */
export const listSecretVersionIds = onSecret(
  versionsInput,
  (_context, secret, request) => {
    const versions = [...secret.versions.values()]
      .filter(({ content }) => content !== undefined)
      .map((version) => ({ version, stages: labelsOf(secret.labels, version.id) }))
      .filter(({ stages }) => stages.length > 0 || request.IncludeDeprecated);
    const { items, NextToken } = page(versions, request);
    const entries = items.map(({ version, stages }) => ({
      VersionId: version.id,
      VersionStages: stages.length === 0 ? undefined : stages,
      CreatedDate: timestamp(version.created),
      LastAccessedDate: timestamp(version.lastAccessed),
      KmsKeyIds: [version.kmsKeyId ?? "DefaultEncryptionKey"],
    }));
    return { ARN: secret.arn, Name: secret.name, Versions: entries, NextToken };
  },
  "allowed",
);

const filter = v.object({
  Key: v.picklist(["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"]),
  Values: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10)),
});

const listInput = v.object({
  IncludePlannedDeletion: v.optional(v.boolean(), false),
  MaxResults: v.optional(maxResults),
  NextToken: v.optional(nextToken),
  Filters: v.optional(v.pipe(v.array(filter), v.maxLength(10)), []),
  SortOrder: v.optional(v.picklist(["asc", "desc"]), "desc"),
});

/** By date of creation. A filter matches by prefix; AWS also splits names into words, which is left out here. */
export const listSecrets = onAccount(listInput, (context, request) => {
  const secrets = context.secrets
    .all()
    .filter(({ deletionDate }) => deletionDate === undefined || request.IncludePlannedDeletion)
    .filter((secret) => request.Filters.every((one) => matches(secret, one)));
  const { items, NextToken } = page(request.SortOrder === "asc" ? secrets : secrets.reverse(), request);
  const entries = items.map((secret) => ({
    ...summary(secret),
    SecretVersionsToStages: versionIdsToStages(secret),
  }));
  return { SecretList: entries, NextToken };
});

function matches(secret: Secret, { Key, Values }: v.InferOutput<typeof filter>): boolean {
  const fields: Record<string, string[]> = {
    name: [secret.name],
    description: [secret.description ?? ""],
    "tag-key": [...secret.tags.keys()],
    "tag-value": [...secret.tags.values()],
  };
  const texts = Key === "all" ? Object.values(fields).flat() : (fields[Key] ?? []);
  return Values.some((prefix) => texts.some((text) => text.startsWith(prefix)));
}
