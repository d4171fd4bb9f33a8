import * as v from "valibot";
import { secretId } from "../fields.ts";
import { onAccount, onSecret } from "../operation.ts";
import { markedForDeletion, secretNotFound } from "../secrets.ts";
import { timestamp } from "../wire.ts";

const DAY = 24 * 60 * 60 * 1000;

const input = v.pipe(
  v.object({
    SecretId: secretId,
    RecoveryWindowInDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(7), v.maxValue(30))),
    ForceDeleteWithoutRecovery: v.optional(v.boolean(), false),
  }),
  v.check(
    (request) => !request.ForceDeleteWithoutRecovery || request.RecoveryWindowInDays === undefined,
    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
  ),
);

/**
 * Force-deleting succeeds on a secret that is missing or already scheduled. Its name is free at once; on AWS it stays
 * taken for some seconds.
 */
export const deleteSecret = onAccount(input, (context, request) => {
  const secret = context.secrets.find(request.SecretId);
  const now = context.now();
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

export const restoreSecret = onSecret(
  v.object({ SecretId: secretId }),
  (_context, secret) => {
    delete secret.deletionDate;
    return { ARN: secret.arn, Name: secret.name };
  },
  "allowed",
);
