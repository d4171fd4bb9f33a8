import * as v from "valibot";
import { refuse, ServiceError } from "../errors.ts";
import { secretId } from "../fields.ts";
import { onAccount, onSecret } from "../operation.ts";
import type { Secret } from "../secret.ts";
import { markedForDeletion, replicaIsReadOnly, secretNotFound } from "../secrets.ts";
import { timestamp } from "../wire.ts";

const DAY = 24 * 60 * 60 * 1000;

const WINDOW = refuse(
  "InvalidParameterException",
  "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
);

const input = v.pipe(
  v.object({
    SecretId: secretId,
    RecoveryWindowInDays: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.check((days) => days >= 7 && days <= 30, WINDOW),
      ),
    ),
    ForceDeleteWithoutRecovery: v.optional(v.boolean(), false),
  }),
  v.check(
    (request) => !request.ForceDeleteWithoutRecovery || request.RecoveryWindowInDays === undefined,
    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
  ),
);

/**
 * ForceDeleteWithoutRecovery succeeds even if the secret does not exist or is already scheduled for deletion. The name is free
 * at once; on AWS it stays in use for some seconds.
 */
export const deleteSecret = onAccount(input, (context, request) => {
  const secret = context.secrets.find(request.SecretId);
  const now = context.now();
  if (secret?.primary !== undefined) throw replicaIsReadOnly();
  if (secret !== undefined) refuseWhileReplicated(secret);
  if (request.ForceDeleteWithoutRecovery) {
    if (secret !== undefined) context.secrets.remove(secret);
    const arn = secret?.arn ?? context.secrets.newArn(request.SecretId);
    return { ARN: arn, Name: secret?.name ?? request.SecretId, DeletionDate: timestamp(now) };
  }
  if (secret === undefined) throw secretNotFound();
  if (secret.deletionDate !== undefined) throw markedForDeletion();
  secret.deletionDate = new Date(now.getTime() + (request.RecoveryWindowInDays ?? 30) * DAY);
  return { ARN: secret.arn, Name: secret.name, DeletionDate: timestamp(secret.deletionDate) };
});

function refuseWhileReplicated({ arn, replicas }: Secret): void {
  if (replicas.size === 0) return;
  const regions = [...replicas.keys()].sort().join(", ");
  throw new ServiceError(
    "InvalidParameterException",
    `You can't delete secret ${arn} that still has replica regions [${regions}].`,
  );
}

export const restoreSecret = onSecret(
  v.object({ SecretId: secretId }),
  (_context, secret) => {
    delete secret.deletionDate;
    return { ARN: secret.arn, Name: secret.name };
  },
  { scheduledForDeletion: true },
);
