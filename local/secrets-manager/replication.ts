import * as v from "valibot";
import { ServiceError } from "./errors.ts";
import { kmsKeyId } from "./fields.ts";
import type { Regions } from "./regions.ts";
import { replicaOf, standalone } from "./replica.ts";
import type { Replica, Secret } from "./secret.ts";
import { timestamp } from "./wire.ts";

/** Replication to other Regions. AWS takes seconds for a replication, which here succeeds or fails at once. */

/** Member of CreateSecret and ReplicateSecretToRegions. `checkRegion` checks the Regions later: a replica is refused first. */
export const replicaRegions = v.pipe(
  v.array(v.object({ Region: v.optional(v.string()), KmsKeyId: v.optional(kmsKeyId) })),
  v.minLength(1),
);

type ReplicaRegions = v.InferOutput<typeof replicaRegions>;

/** @throws {ServiceError} InvalidParameterException if a Region is invalid or the secret's own */
export function checkReplicaRegions(wanted: ReplicaRegions, own: string): void {
  for (const { Region } of wanted) checkRegion(Region, own);
}

export function checkRegion(region: string | undefined, own: string): asserts region is string {
  if (region === undefined || region === own || !/^([a-z]+-)+[0-9]+$/.test(region)) {
    throw new ServiceError("InvalidParameterException", "Invalid replica region.");
  }
}

/** Replicates a secret. A Region that has a replica is skipped; a Region in which replication failed is tried again. */
export function replicate(
  primary: Secret,
  wanted: ReplicaRegions,
  options: { regions: Regions; overwrite: boolean; now: Date },
): void {
  for (const { Region, KmsKeyId } of wanted) {
    checkRegion(Region, primary.region);
    if (primary.replicas.get(Region)?.secret !== undefined) continue;
    const where = { region: Region, ...(KmsKeyId && { kmsKeyId: KmsKeyId }) };
    const secrets = options.regions.in(Region);
    const existing = secrets.find(primary.name);
    if (existing !== undefined && (!options.overwrite || isReplicated(existing))) {
      const message = `Replication failed: Secret name ${primary.name} already exists in region ${Region}.`;
      primary.replicas.set(Region, { ...where, message });
      continue;
    }
    if (existing !== undefined) secrets.remove(existing);
    const secret = replicaOf(primary, where, options.now);
    secrets.add(secret);
    primary.replicas.set(Region, { ...where, secret, message: "Replication succeeded" });
  }
}

/** Deletes the replica in a Region, if there is one. */
export function removeReplica(primary: Secret, region: string, regions: Regions): void {
  const secret = primary.replicas.get(region)?.secret;
  if (secret !== undefined) regions.in(region).remove(secret);
  primary.replicas.delete(region);
}

/** Promotes a replica to a standalone secret with the same ARN. */
export function promote(replica: Secret, regions: Regions): Secret {
  const secrets = regions.in(replica.region);
  const promoted = standalone(replica);
  replica.primary?.replicas.delete(replica.region);
  secrets.remove(replica);
  secrets.add(promoted);
  return promoted;
}

/** The members ReplicationStatus and PrimaryRegion of a response; none for a secret without replicas. */
export function replicationStatus(secret: Secret): { PrimaryRegion?: string; ReplicationStatus?: object[] } {
  if (!isReplicated(secret)) return {};
  const { region, replicas } = secret.primary ?? secret;
  return { PrimaryRegion: region, ReplicationStatus: [...replicas.values()].map(status) };
}

function isReplicated(secret: Secret): boolean {
  return secret.primary !== undefined || secret.replicas.size > 0;
}

function status({ region, kmsKeyId, secret, message }: Replica): object {
  return {
    Region: region,
    KmsKeyId: secret?.kmsKeyId ?? kmsKeyId ?? "alias/aws/secretsmanager",
    Status: secret === undefined ? "Failed" : "InSync",
    StatusMessage: message,
    LastAccessedDate: timestamp(secret?.lastAccessed),
  };
}
