import * as v from "valibot";
import { refuse, ServiceError } from "../errors.ts";
import {
  atMostOneValue,
  contentOf,
  description,
  kmsKeyId,
  label,
  secretId,
  token,
  value,
} from "../fields.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, labelStoredValue, labelsOf } from "../labels.ts";
import { type Context, onSecret } from "../operation.ts";
import { addVersion, type Content, checkLabelLimit, type Secret, sameContent } from "../secret.ts";
import { replicaIsReadOnly } from "../secrets.ts";
import { tokenInUse } from "./create.ts";

const putInput = v.pipe(
  v.object({
    SecretId: secretId,
    ClientRequestToken: token("InvalidRequestException"),
    VersionStages: v.optional(v.pipe(v.array(label), v.minLength(1), v.maxLength(20)), [AWSCURRENT]),
    RotationToken: v.optional(
      v.pipe(v.string(), v.minLength(36), v.maxLength(256), v.regex(/^[A-Za-z0-9-]+$/)),
    ),
    ...value,
  }),
  atMostOneValue(),
  v.check(
    (request) => contentOf(request) !== undefined,
    refuse("InvalidRequestException", "You must provide either SecretString or SecretBinary."),
  ),
);

export const putSecretValue = onSecret(putInput, (context, secret, request) => {
  // Inferred: no source describes AWS's response to a RotationToken of another rotation.
  if (
    request.RotationToken !== undefined &&
    !context.rotations.isRotationToken(secret, request.RotationToken)
  ) {
    throw new ServiceError(
      "InvalidParameterException",
      "The RotationToken is not the one of a rotation in progress.",
    );
  }
  const content = contentOf(request);
  if (content !== undefined) {
    storeValue(context, secret, request.ClientRequestToken, content, request.VersionStages);
  }
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: request.ClientRequestToken,
    VersionStages: labelsOf(secret.labels, request.ClientRequestToken),
  };
});

const updateInput = v.pipe(
  v.object({
    SecretId: secretId,
    ClientRequestToken: token("InvalidRequestException"),
    Description: v.optional(description),
    KmsKeyId: v.optional(kmsKeyId),
    ...value,
  }),
  atMostOneValue(),
);

/** With a value, it stores the value like PutSecretValue with default labels; without one, it creates no version. */
export const updateSecret = onSecret(updateInput, update, { replica: true });

function update(context: Context, secret: Secret, request: v.InferOutput<typeof updateInput>): object {
  const content = contentOf(request);
  if (secret.primary !== undefined) return updateReplica(secret, request);
  if (content !== undefined) storeValue(context, secret, request.ClientRequestToken, content, [AWSCURRENT]);
  if (request.Description !== undefined) secret.description = request.Description;
  if (request.KmsKeyId !== undefined) reencrypt(secret, request.KmsKeyId);
  secret.lastChanged = context.now();
  return { ARN: secret.arn, Name: secret.name, VersionId: content && request.ClientRequestToken };
}

/** Only the key of a replica can be changed (User Guide, "Promote a replica secret"). */
function updateReplica(secret: Secret, request: v.InferOutput<typeof updateInput>): object {
  const { KmsKeyId, Description, SecretString, SecretBinary } = request;
  if (KmsKeyId === undefined || (Description ?? SecretString ?? SecretBinary) !== undefined) {
    throw replicaIsReadOnly();
  }
  secret.kmsKeyId = KmsKeyId;
  return { ARN: secret.arn, Name: secret.name };
}

/** Stores a value once under its token. The same value again changes nothing, not even labels; another value is rejected. */
function storeValue(context: Context, secret: Secret, id: string, content: Content, stages: string[]): void {
  const existing = secret.versions.get(id);
  if (existing?.content !== undefined) {
    if (sameContent(existing.content, content)) return;
    throw tokenInUse(secret, id);
  }
  const labels = checkLabelLimit(labelStoredValue(secret.labels, id, stages));
  const version = existing ?? addVersion(secret, { id, created: context.now() });
  version.content = content;
  if (secret.kmsKeyId !== undefined) version.kmsKeyId = secret.kmsKeyId;
  secret.labels = labels;
  secret.lastChanged = context.now();
  if (labels.get(AWSCURRENT) === id) {
    // For the schedule, a manual change of the value counts as a rotation. It abandons a rotation in progress.
    if (secret.rotation !== undefined) secret.rotation.countedFrom = context.now();
    context.rotations.abandonOthers(secret, id);
  }
}

/** Applies a new key to the versions with AWSCURRENT, AWSPENDING and AWSPREVIOUS. Other versions keep their key. */
function reencrypt(secret: Secret, key: string): void {
  secret.kmsKeyId = key;
  for (const stage of [AWSCURRENT, AWSPENDING, AWSPREVIOUS]) {
    const version = secret.versions.get(secret.labels.get(stage) ?? "");
    if (version !== undefined) version.kmsKeyId = key;
  }
}
