import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import { label, secretId, versionId } from "../fields.ts";
import { AWSCURRENT, labelsOf } from "../labels.ts";
import { type Context, onSecret } from "../operation.ts";
import type { Secret } from "../secret.ts";
import { day, timestamp } from "../wire.ts";

const input = v.object({
  SecretId: secretId,
  VersionId: v.optional(versionId),
  VersionStage: v.optional(label),
});

export const getSecretValue = onSecret(input, getValue, { replica: true });

function getValue(context: Context, secret: Secret, request: v.InferOutput<typeof input>): object {
  const id = request.VersionId ?? secret.labels.get(request.VersionStage ?? AWSCURRENT);
  const version = id === undefined ? undefined : secret.versions.get(id);
  if (version?.content === undefined) throw valueNotFound(request);
  const stages = labelsOf(secret.labels, version.id);
  if (request.VersionStage !== undefined && !stages.includes(request.VersionStage)) {
    throw new ServiceError(
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
    );
  }
  version.lastAccessed = secret.lastAccessed = day(context.now());
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...version.content,
    VersionStages: stages.length === 0 ? undefined : stages,
    CreatedDate: timestamp(version.created),
  };
}

/** AWS's error for a missing version, and for the placeholder of a rotation, which has no value yet. */
function valueNotFound({ VersionId, VersionStage = AWSCURRENT }: v.InferOutput<typeof input>): ServiceError {
  const selector = VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`;
  return new ServiceError(
    "ResourceNotFoundException",
    `Secrets Manager can't find the specified secret value for ${selector}`,
  );
}
