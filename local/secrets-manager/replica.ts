import type { Secret } from "./secret.ts";

/** State that a replica shares with its primary secret. ARN, key and the date of the last access are its own. */
const SHARED = [
  "description",
  "tags",
  "resourcePolicy",
  "lastChanged",
  "lastRotated",
  "rotation",
  "versions",
  "labels",
] as const;

/** @returns a secret that always has the shared state of `primary`. An assignment to a shared member throws. */
export function replicaOf(
  primary: Secret,
  where: { region: string; kmsKeyId?: string },
  created: Date,
): Secret {
  const own: Omit<Secret, (typeof SHARED)[number]> = {
    arn: primary.arn.replace(`:${primary.region}:`, `:${where.region}:`),
    name: primary.name,
    ...where,
    created,
    primary,
    replicas: new Map(),
  };
  const getters = SHARED.map((member) => [member, { get: () => primary[member], enumerable: true }]);
  return Object.defineProperties(own, Object.fromEntries(getters)) as Secret;
}

/** The secret that a promoted replica becomes. It has no rotation configuration: AWS does not copy that. */
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
