import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import { secretId } from "../fields.ts";
import { onSecret } from "../operation.ts";
import {
  checkRegion,
  checkReplicaRegions,
  promote,
  removeReplica,
  replicaRegions,
  replicate,
  replicationStatus,
} from "../replication.ts";

export const replicateSecretToRegions = onSecret(
  v.object({
    SecretId: secretId,
    AddReplicaRegions: replicaRegions,
    ForceOverwriteReplicaSecret: v.optional(v.boolean()),
  }),
  (context, secret, request) => {
    checkReplicaRegions(request.AddReplicaRegions, secret.region);
    const { regions, now } = context;
    const overwrite = request.ForceOverwriteReplicaSecret ?? false;
    replicate(secret, request.AddReplicaRegions, { regions, overwrite, now: now() });
    return { ARN: secret.arn, ReplicationStatus: statusOf(secret) };
  },
);

/** Succeeds for a Region without a replica. */
export const removeRegionsFromReplication = onSecret(
  v.object({ SecretId: secretId, RemoveReplicaRegions: v.pipe(v.array(v.string()), v.minLength(1)) }),
  (context, secret, request) => {
    for (const region of request.RemoveReplicaRegions) checkRegion(region, secret.region);
    for (const region of request.RemoveReplicaRegions) removeReplica(secret, region, context.regions);
    return { ARN: secret.arn, ReplicationStatus: statusOf(secret) };
  },
);

/** Called in the Region of the replica. The error for a secret that is not a replica is inferred: no source names it. */
export const stopReplicationToReplica = onSecret(
  v.object({ SecretId: secretId }),
  (context, secret) => {
    if (secret.primary === undefined) {
      throw new ServiceError("InvalidRequestException", "The secret is not a replica secret.");
    }
    return { ARN: promote(secret, context.regions).arn };
  },
  { replica: true },
);

function statusOf(secret: Parameters<typeof replicationStatus>[0]): object[] {
  return replicationStatus(secret).ReplicationStatus ?? [];
}
