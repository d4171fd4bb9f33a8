import { readVersion, unlabeledVersions } from "../aws/secrets-manager.ts";
import type { Invocation } from "../engine/engine.ts";
import { RotationError, refusedFor } from "../report/errors.ts";
import { mayCarryPassword, sameAccount } from "../secret/same-server.ts";
import { type DatabaseSecret, parseSecret } from "../secret/secret.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, holderOf, type StagingLabels } from "../staging-labels.ts";
import type { Job } from "../strategies/strategy.ts";
import type { RotationEvent } from "./event.ts";
import { cancelRemedy } from "./remedies.ts";
import { readUntilFound } from "./retry-read.ts";

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

/** Checks that labels and value, which two calls have read, are of the same version. */
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
      ? refusedFor({ ...error.explanation, remedy: `${error.explanation.remedy} ${cancelRemedy(event)}` })
      : error;
  }
}

/**
 * Reads AWSPREVIOUS. Returns undefined if there is none or its value is no database secret: a rotation must not fail over a
 * value that it may not need.
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

/** Versions without a label are of abandoned rotations, or old. At most this many are read, the newest first. */
const MOST_ABANDONED = 5;

/**
 * Returns the passwords of AWSPREVIOUS and of versions without a label, the newest first, if they are of the same user and
 * server, and AWSCURRENT's TLS is no weaker. An abandoned rotation, or a person who moved AWSCURRENT back, may have left one of
 * them in the database.
 */
export async function readAbandoned(
  { event, engine, invocation }: Job,
  labels: StagingLabels,
  current: DatabaseSecret,
): Promise<string[]> {
  const { deadline, log } = invocation;
  const passwords: string[] = [];
  const ids = await unlabeledVersions(event.SecretId, deadline).catch((error: unknown) => {
    if (error instanceof RotationError && error.reason === "access-denied") {
      log.warn(error.message); // Roles of AWS's functions lack this permission. Few rotations need it.
      return [];
    }
    throw error;
  });
  const previous = holderOf(labels, AWSPREVIOUS);
  for (const id of [...(previous ? [previous] : []), ...ids.slice(0, MOST_ABANDONED)]) {
    try {
      const version = await readVersion(event.SecretId, { VersionId: id }, deadline);
      const secret = version && parseSecret(version.text, `version ${id}`, engine);
      if (
        secret &&
        sameAccount(secret.login, current.login) &&
        mayCarryPassword(current.login, secret.login)
      ) {
        passwords.push(secret.login.password);
      }
    } catch (error) {
      // An old version may be encrypted with a key that this role may no longer use.
      if (
        !(error instanceof RotationError) ||
        !["malformed-secret", "access-denied"].includes(error.reason)
      ) {
        throw error;
      }
      log.warn(`Version ${id} is ignored. ${error.message}`);
    }
  }
  return passwords;
}

async function pendingVersion(event: RotationEvent, { deadline }: Invocation) {
  const { SecretId, ClientRequestToken } = event;
  const selector = { VersionId: ClientRequestToken, VersionStage: AWSPENDING };
  const version = await readUntilFound(() => readVersion(SecretId, selector, deadline), deadline);
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
