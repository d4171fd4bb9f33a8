import * as v from "valibot";
import { maxResults, nextToken, secretId } from "../fields.ts";
import { labelsOf } from "../labels.ts";
import { onSecret } from "../operation.ts";
import { replicationStatus } from "../replication.ts";
import { nextRotation } from "../rotation-rules.ts";
import { keyOf, type Secret } from "../secret.ts";
import { page, timestamp } from "../wire.ts";

/** Also describes a secret that is scheduled for deletion, and lists the placeholder of a rotation. */
export const describeSecret = onSecret(
  v.object({ SecretId: secretId }),
  (_context, secret) => ({ ...summary(secret), VersionIdsToStages: versionIdsToStages(secret) }),
  { scheduledForDeletion: true, replica: true },
);

/** Members of the responses of DescribeSecret and ListSecrets. Those of rotation are absent until it is configured. */
export function summary(secret: Secret) {
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
    Tags: secret.tags && [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    ...replicationStatus(secret),
  };
}

/** Labeled versions only; undefined when there are none. */
export function versionIdsToStages(secret: Secret): Record<string, string[]> | undefined {
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
 * Leaves out the placeholder of a rotation. AWS sometimes omits the version under AWSPENDING here (user guide of AWS PCS);
 * DescribeSecret has it.
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
      KmsKeyIds: [keyOf(secret, version) ?? "DefaultEncryptionKey"],
    }));
    return { ARN: secret.arn, Name: secret.name, Versions: entries, NextToken };
  },
  { scheduledForDeletion: true, replica: true },
);
