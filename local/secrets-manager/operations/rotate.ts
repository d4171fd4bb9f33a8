import * as v from "valibot";
import { refuse, ServiceError } from "../errors.ts";
import { secretId, token } from "../fields.ts";
import { AWSCURRENT, AWSPENDING, moveLabel } from "../labels.ts";
import { type Context, onSecret } from "../operation.ts";
import { regionOf } from "../regions.ts";
import { rotationRules } from "../rotation-rules.ts";
import { addVersion, checkLabelLimit, type Secret, type Version } from "../secret.ts";

const ARN_LENGTH = refuse("InvalidParameterException", "RotationLambdaARN must <= 2048 characters long.");

const input = v.object({
  SecretId: secretId,
  ClientRequestToken: token("InvalidParameterException"),
  RotationLambdaARN: v.optional(v.pipe(v.string(), v.maxLength(2048, ARN_LENGTH)), ""),
  RotationRules: v.optional(rotationRules),
  RotateImmediately: v.optional(v.boolean(), true),
});

type Request = v.InferOutput<typeof input>;

/** Accepts a rotation and returns before the function is invoked. A rejected request stores no configuration. */
export const rotateSecret = onSecret(input, (context, secret, request) => {
  const id = request.ClientRequestToken;
  const response = { ARN: secret.arn, Name: secret.name, VersionId: id };
  const lambdaArn = invocable(context, secret, request);
  if (context.rotations.isRepeated(secret, id)) return response;
  refuseWhilePending(context, secret);
  if (secret.versions.has(id)) {
    throw new ServiceError(
      "InvalidParameterException",
      `ClientRequestToken ${id} is already the id of a version.`,
    );
  }

  stage(context, secret, request);
  const rules = request.RotationRules ?? secret.rotation?.rules;
  secret.rotation = { enabled: true, lambdaArn, ...(rules && { rules }), countedFrom: context.now() };
  secret.lastChanged = context.now();
  if (request.RotateImmediately) context.rotations.rotate(secret, id);
  else context.rotations.test(secret, id);
  return response;
});

function invocable(context: Context, secret: Secret, request: Request): string {
  const lambdaArn = request.RotationLambdaARN || secret.rotation?.lambdaArn;
  if (lambdaArn === undefined) {
    throw new ServiceError(
      "InvalidRequestException",
      "No Lambda rotation function ARN is associated with this secret.",
    );
  }
  // A function serves secrets of its own Region only. AWS's error for another Region is unknown; it stores nothing.
  const inRegion = (regionOf(lambdaArn) ?? secret.region) === secret.region;
  if (!inRegion || !context.rotations.canInvoke(lambdaArn)) {
    throw new ServiceError(
      "AccessDeniedException",
      "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
    );
  }
  return lambdaArn;
}

/** Rejects the request if a rotation is unfinished. AWSPENDING on AWSCURRENT belongs to a finished rotation. */
function refuseWhilePending(context: Context, secret: Secret): void {
  const pending = pendingVersion(secret);
  if (pending === undefined) return;
  context.rotations.reattempt(secret, pending);
  throw new ServiceError(
    "InvalidRequestException",
    "A previous rotation isn't complete. That rotation will be reattempted.",
  );
}

/** The version of an unfinished rotation. */
function pendingVersion(secret: Secret): string | undefined {
  const pending = secret.labels.get(AWSPENDING);
  return pending === secret.labels.get(AWSCURRENT) ? undefined : pending;
}

/** Stages an empty placeholder; without RotateImmediately, a copy of the current value for testSecret. */
function stage(context: Context, secret: Secret, request: Request): void {
  const id = request.ClientRequestToken;
  const labels = checkLabelLimit(moveLabel(secret.labels, AWSPENDING, id));
  const version: Version = { id, created: context.now() };
  const current = secret.versions.get(secret.labels.get(AWSCURRENT) ?? "");
  if (!request.RotateImmediately && current?.content !== undefined) version.content = current.content;
  addVersion(secret, version);
  secret.labels = labels;
}

/** Keeps rules, ARN and labels. RotateSecret rejects another rotation until you remove AWSPENDING. */
export const cancelRotateSecret = onSecret(v.object({ SecretId: secretId }), (context, secret) => {
  if (secret.rotation === undefined) {
    throw new ServiceError(
      "InvalidRequestException",
      "No Lambda rotation function ARN is associated with this secret.",
    );
  }
  secret.rotation.enabled = false;
  secret.lastChanged = context.now();
  context.rotations.cancel(secret);
  return { ARN: secret.arn, Name: secret.name, VersionId: pendingVersion(secret) };
});
