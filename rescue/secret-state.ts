import { RotationError } from "../shared/report/errors.ts";
import { type DatabaseSecret, parseSecret } from "../shared/secret/secret.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, holderOf } from "../shared/staging-labels.ts";
import { engineOf, type RescueEngine } from "./engines.ts";
import { changedMeanwhile, type SecretFacts, type SecretsManager } from "./secrets-manager.ts";

/** A version with a value that a rotation function accepts. */
export interface UsableVersion extends Version {
  readonly engine: RescueEngine;
  readonly secret: DatabaseSecret;
}

export interface Version {
  readonly id: string;
  readonly labels: readonly string[];
  /** Undefined if the service does not list the version, for example a placeholder. */
  readonly created: Date | undefined;
}

/** A labeled version after its value was read. */
export interface ReadVersion extends Version {
  readonly hasValue: boolean;
  /** Undefined if the version has no value, or an unusable one. */
  readonly usable: UsableVersion | undefined;
  /** Why the value is unusable. */
  readonly problem: string | undefined;
}

/** State of a secret in Secrets Manager. */
export interface SecretState extends SecretFacts {
  readonly labeled: readonly ReadVersion[];
  /** Newest first. Their values were not read. */
  readonly unlabeled: readonly Version[];
  readonly current: ReadVersion | undefined;
  /** The version that a rotation has not finished; undefined if AWSPENDING is on AWSCURRENT, where it has no meaning. */
  readonly pending: ReadVersion | undefined;
  readonly previous: ReadVersion | undefined;
}

export async function readState(secretsManager: SecretsManager): Promise<SecretState> {
  const [facts, created] = await Promise.all([secretsManager.describe(), secretsManager.versions()]);
  const labeled: ReadVersion[] = [];
  for (const [id, labels] of Object.entries(facts.labels)) {
    // ListSecretVersionIds may lack the version under AWSPENDING (user guide of AWS PCS). DescribeSecret has it.
    const version = { id, labels, created: created.get(id) };
    // Secrets Manager returns no value of a deleted secret.
    labeled.push(facts.deleted ? unread(version) : await readValue(secretsManager, version));
  }
  const unlabeled = [...created]
    .filter(([id]) => !Object.hasOwn(facts.labels, id))
    .map(([id, date]) => ({ id, labels: [], created: date }))
    .sort((one, other) => Number(other.created ?? 0) - Number(one.created ?? 0));
  const holder = (label: string) => labeled.find(({ id }) => id === holderOf(facts.labels, label));
  const [current, pending] = [holder(AWSCURRENT), holder(AWSPENDING)];
  return {
    ...facts,
    labeled,
    unlabeled,
    current,
    pending: pending === current ? undefined : pending,
    previous: holder(AWSPREVIOUS),
  };
}

export async function readValue(secretsManager: SecretsManager, version: Version): Promise<ReadVersion> {
  const value = await secretsManager.read(version.id);
  if (value === undefined) {
    return { ...version, hasValue: false, usable: undefined, problem: undefined };
  }
  const which = version.labels.join(" and ") || `version ${version.id}`;
  try {
    const engine = engineOf(value.text, which);
    const secret = parseSecret(value.text, which, engine);
    return { ...version, hasValue: true, usable: { ...version, engine, secret }, problem: undefined };
  } catch (error) {
    if (error instanceof RotationError) {
      return { ...version, hasValue: true, usable: undefined, problem: error.message };
    }
    throw error;
  }
}

function unread(version: Version): ReadVersion {
  return { ...version, hasValue: true, usable: undefined, problem: "The secret is scheduled for deletion." };
}

/** @throws RotationError `lost-race` if a label or the rotation configuration has changed */
export async function assertUnchanged(secretsManager: SecretsManager, before: SecretFacts): Promise<void> {
  const now = await secretsManager.describe();
  if (now.rotationEnabled !== before.rotationEnabled || now.deleted !== before.deleted) {
    throw changedMeanwhile("rotation was turned on or off, or the secret was deleted or restored");
  }
  if (labelText(now) !== labelText(before)) {
    throw changedMeanwhile("a staging label has moved");
  }
}

function labelText({ labels }: SecretFacts): string {
  return JSON.stringify(
    Object.entries(labels)
      .map(([id, names]) => [id, ...[...names].sort()])
      .sort(),
  );
}
