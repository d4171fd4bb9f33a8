import { readVersion } from "../aws/secrets-manager.ts";
import type { Invocation } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { type DatabaseSecret, parseSecret } from "../secret/secret.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, holderOf, type StagingLabels } from "../staging-labels.ts";
import type { Job } from "../strategies/strategy.ts";
import type { RotationEvent } from "./event.ts";
import { eventually } from "./eventually.ts";
import { howToGiveUp } from "./give-up.ts";

export interface CurrentVersion {
  readonly versionId: string | undefined;
  readonly secret: DatabaseSecret;
}

export async function readCurrent({ event, engine, invocation }: Job): Promise<CurrentVersion> {
  const version = await readVersion(event.SecretId, { VersionStage: AWSCURRENT }, invocation.deadline);
  if (version === undefined) {
    throw noCurrentVersion();
  }
  return { versionId: version.versionId, secret: parseSecret(version.text, AWSCURRENT, engine) };
}

/** Labels and value are read by two calls: both must be about the same version. */
export function currentSecret(current: CurrentVersion, labels: StagingLabels): DatabaseSecret {
  if (holderOf(labels, AWSCURRENT) !== current.versionId) {
    throw new RotationError(
      "secret-changed",
      "AWSCURRENT moved to another version while it was read.",
      "Secrets Manager tries the rotation again by itself.",
    );
  }
  return current.secret;
}

export async function readPending({ event, engine, invocation }: Job): Promise<DatabaseSecret> {
  const version = await pendingVersion(event, invocation);
  try {
    return parseSecret(version.text, AWSPENDING, engine);
  } catch (error) {
    throw error instanceof RotationError
      ? new RotationError(error.reason, error.message, howToGiveUp(event))
      : error;
  }
}

/**
 * The value before the current one, for the strategy that is left without a working password. Undefined when
 * there is none or when it cannot be read as a secret: a rotation must not fail over what it may not need.
 */
export async function readPrevious(
  { event, engine, invocation }: Job,
  labels: StagingLabels,
): Promise<DatabaseSecret | undefined> {
  if (holderOf(labels, AWSPREVIOUS) === undefined) {
    return undefined;
  }
  const version = await readVersion(event.SecretId, { VersionStage: AWSPREVIOUS }, invocation.deadline);
  try {
    return version && parseSecret(version.text, AWSPREVIOUS, engine);
  } catch (error) {
    if (error instanceof RotationError) {
      invocation.log.warn(`AWSPREVIOUS is left aside. ${error.message}`);
      return undefined;
    }
    throw error;
  }
}

async function pendingVersion(event: RotationEvent, { deadline }: Invocation) {
  const { SecretId, ClientRequestToken } = event;
  const selector = { VersionId: ClientRequestToken, VersionStage: AWSPENDING };
  const version = await eventually(() => readVersion(SecretId, selector, deadline), deadline);
  if (version === undefined) {
    throw new RotationError(
      "no-value",
      `Version ${ClientRequestToken} has no value under AWSPENDING.`,
      "createSecret stores it: the steps come in the order createSecret, setSecret, testSecret, finishSecret.",
    );
  }
  return version;
}

export function noCurrentVersion(): RotationError {
  return new RotationError(
    "no-current-version",
    "The secret has no value under AWSCURRENT.",
    "Store the user's present login in it with PutSecretValue, then rotate.",
  );
}
