import { ServiceError } from "./errors.ts";
import { type Labels, labelsOf } from "./labels.ts";
import type { RotationRules } from "./rotation-rules.ts";

/** The value of a version as on the wire, where binary is base64 text. */
export type Content = { SecretString: string } | { SecretBinary: string };

/** A version of a secret. `content` is written once; it is absent only in the placeholder that RotateSecret creates. */
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
  /** Absent until the first tag; empty once all tags are removed. AWS's responses differ in the two cases. */
  tags?: Map<string, string>;
  /** The resource policy as PutResourcePolicy received it. */
  resourcePolicy?: string;
  lastChanged: Date;
  lastAccessed?: Date;
  lastRotated?: Date;
  /** Moment of the deletion, while the secret is scheduled for deletion. */
  deletionDate?: Date;
  rotation?: RotationConfiguration;
  /** In order of creation. */
  readonly versions: Map<string, Version>;
  labels: Labels;
  /** For a primary secret: outcome of the replication to each Region. */
  readonly replicas: Map<string, Replica>;
  /** For a replica: its primary secret. */
  readonly primary?: Secret;
}

/** Outcome of a secret's replication to one Region. */
export interface Replica {
  readonly region: string;
  /** Default: the key `aws/secretsmanager` of that Region. */
  readonly kmsKeyId?: string;
  /** The secret in that Region; absent if the replication failed. */
  readonly secret?: Secret;
  /** StatusMessage in ReplicationStatus. */
  readonly message: string;
}

export interface RotationConfiguration {
  enabled: boolean;
  lambdaArn: string;
  rules?: RotationRules;
  /** Time of the last rotation or manual change of the value, from which the next rotation's date is computed. */
  countedFrom: Date;
}

/** The key that encrypts a version's value. A replica has one key for all versions. */
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
 * Adds a version. If the secret is full, the oldest versions without labels are purged, but none younger than 24 hours.
 *
 * @throws ServiceError LimitExceededException if too few versions can be purged
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
