import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import { label, secretId, versionId } from "../fields.ts";
import { AWSCURRENT, moveLabel, removeLabel } from "../labels.ts";
import { onSecret } from "../operation.ts";
import { checkLabelLimit, type Secret } from "../secret.ts";

const input = v.object({
  SecretId: secretId,
  VersionStage: label,
  MoveToVersionId: v.optional(versionId),
  RemoveFromVersionId: v.optional(versionId),
});

/**
 * A compare-and-swap on the holder of a label: RemoveFromVersionId must name the version that has it.
 * AWSPENDING stays where it is when AWSCURRENT moves onto it.
 */
export const updateSecretVersionStage = onSecret(input, (context, secret, request) => {
  check(secret, request);
  const { VersionStage, MoveToVersionId } = request;
  const labels =
    MoveToVersionId === undefined
      ? removeLabel(secret.labels, VersionStage)
      : moveLabel(secret.labels, VersionStage, MoveToVersionId);
  secret.labels = checkLabelLimit(labels);
  secret.lastChanged = context.now();
  return { ARN: secret.arn, Name: secret.name };
});

function check(secret: Secret, request: v.InferOutput<typeof input>): void {
  const { VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from } = request;
  const holder = secret.labels.get(stage);
  for (const id of [to, from]) {
    if (id !== undefined && !secret.versions.has(id)) throw invalid(`The secret has no version ${id}.`);
  }
  if (from === undefined && to === undefined) {
    throw invalid("You must specify MoveToVersionId or RemoveFromVersionId.");
  }
  if (from === undefined && holder !== undefined && holder !== to) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from !== undefined && from !== holder) {
    throw invalid(`Staging label ${stage} is not attached to version ${from}, named in RemoveFromVersionId.`);
  }
  if (stage === AWSCURRENT) checkNewCurrent(secret, holder, to);
}

function checkNewCurrent(secret: Secret, holder: string | undefined, to: string | undefined): void {
  if (to === undefined) {
    throw invalid(
      `You can only move staging label ${AWSCURRENT} to a different secret version. It can't be completely removed.`,
    );
  }
  // AWS's response in the next two cases is unknown. Here they fail and change nothing.
  if (to === holder) throw invalid(`Staging label ${AWSCURRENT} is already attached to version ${to}.`);
  if (secret.versions.get(to)?.content === undefined) throw invalid(`Version ${to} has no value.`);
}

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterException", message);
}
