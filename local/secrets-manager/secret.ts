import { ServiceError } from "./errors.ts";
import { type Labels, labelsOf } from "./labels.ts";
import type { RotationRules } from "./rotation-rules.ts";

/** Exactly one of the two, as on the wire: binary is base64 text. */
export type Content = { SecretString: string } | { SecretBinary: string };

/** `content` is written once. It is absent only in the placeholder that RotateSecret makes. */
export interface Version {
  readonly id: string;
  readonly created: Date;
  content?: Content;
  kmsKeyId?: string;
  lastAccessed?: Date;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly created: Date;
  description?: string;
  kmsKeyId?: string;
  /** Absent until the first tag; empty once all tags are removed. AWS tells the two apart. */
  tags?: Map<string, string>;
  /** The text of the resource policy, as it was put. */
  resourcePolicy?: string;
  lastChanged: Date;
  lastAccessed?: Date;
  lastRotated?: Date;
  /** Set while the secret is scheduled for deletion: the moment at which it goes. */
  deletionDate?: Date;
  rotation?: RotationConfiguration;
  /** In order of creation. */
  readonly versions: Map<string, Version>;
  labels: Labels;
  /** Of a primary secret: what became of each Region that it was to be replicated to. */
  readonly replicas: Map<string, Replica>;
  /** Of a replica: the primary secret, whose state it shows. */
  readonly primary?: Secret;
}

/** One Region that a secret was to be replicated to. */
export interface Replica {
  readonly region: string;
  /** Default: the key `aws/secretsmanager` of that Region. */
  readonly kmsKeyId?: string;
  /** The secret in that Region; absent if the replication failed. */
  readonly secret?: Secret;
  /** As ReplicationStatus shows it. */
  readonly message: string;
}

export interface RotationConfiguration {
  enabled: boolean;
  lambdaArn: string;
  rules?: RotationRules;
  /** The last rotation or manual change of the value: the next rotation is due this long after it. */
  countedFrom: Date;
}

/** The key that a value of this secret is encrypted with: a replica has one of its own for all versions. */
export function keyOf(secret: Secret, version: Version): string | undefined {
  return secret.primary === undefined ? version.kmsKeyId : secret.kmsKeyId;
}

const MAXIMUM_LABELS = 20;
const MAXIMUM_VERSIONS = 100;
const PURGE_AGE = 24 * 60 * 60 * 1000;

export function sameContent(one: Content, other: Content): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** 20 labels are the limit of the whole secret, not of one version (quota table of the User Guide). */
export function checkLabelLimit(labels: Labels): Labels {
  if (labels.size > MAXIMUM_LABELS) {
    throw new ServiceError(
      "LimitExceededException",
      `A secret can have at most ${MAXIMUM_LABELS} staging labels.`,
    );
  }
  return labels;
}

/**
 * Adds a version, after purging the oldest unlabeled ones when the secret is full.
 * Versions younger than 24 hours are never purged, so a secret written too often runs into the quota.
 */
export function addVersion(secret: Secret, version: Version): Version {
  const purgeable = [...secret.versions.values()].filter(
    ({ id, created }) =>
      labelsOf(secret.labels, id).length === 0 && version.created.getTime() - created.getTime() >= PURGE_AGE,
  );
  const excess = secret.versions.size + 1 - MAXIMUM_VERSIONS;
  if (excess > purgeable.length) {
    throw new ServiceError(
      "LimitExceededException",
      "The secret has too many versions that cannot be removed yet.",
    );
  }
  for (const { id } of purgeable.slice(0, Math.max(0, excess))) secret.versions.delete(id);
  secret.versions.set(version.id, version);
  return version;
}
