import type { Secret } from "./secret.ts";

/**
 * A view of its primary secret: only ARN, key and the date of the last access are its own. Whatever would change
 * anything else of it throws, since it has no setters.
 */
export function replicaOf(
  primary: Secret,
  where: { region: string; kmsKeyId?: string },
  created: Date,
): Secret {
  return {
    arn: primary.arn.replace(`:${primary.region}:`, `:${where.region}:`),
    name: primary.name,
    ...where,
    created,
    primary,
    replicas: new Map(),
    get description() {
      return primary.description;
    },
    get tags() {
      return primary.tags;
    },
    get resourcePolicy() {
      return primary.resourcePolicy;
    },
    get lastChanged() {
      return primary.lastChanged;
    },
    get lastRotated() {
      return primary.lastRotated;
    },
    get rotation() {
      return primary.rotation;
    },
    get versions() {
      return primary.versions;
    },
    get labels() {
      return primary.labels;
    },
  };
}

/** A secret like the replica, without its primary secret. It is not rotated until that is configured anew. */
export function standalone(replica: Secret): Secret {
  return {
    arn: replica.arn,
    name: replica.name,
    region: replica.region,
    created: replica.created,
    description: replica.description,
    kmsKeyId: replica.kmsKeyId,
    tags: replica.tags && new Map(replica.tags),
    resourcePolicy: replica.resourcePolicy,
    lastChanged: replica.lastChanged,
    lastAccessed: replica.lastAccessed,
    versions: new Map(
      [...replica.versions].map(([id, version]) => [id, { ...version, kmsKeyId: replica.kmsKeyId }]),
    ),
    labels: replica.labels,
    replicas: new Map(),
  };
}
