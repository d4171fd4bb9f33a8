import { describeSecret } from "../aws/secrets-manager.ts";
import { RotationError } from "../report/errors.ts";
import { shellWord } from "../report/shell.ts";
import { AWSCURRENT, holderOf, type StagingLabels, type TokenState, tokenState } from "../staging-labels.ts";
import type { Deadline } from "./deadline.ts";
import type { RotationEvent } from "./event.ts";
import { cancelRemedy } from "./remedies.ts";
import { readUntilFound } from "./retry-read.ts";

/**
 * Checks that rotation is enabled and that the token's version is being rotated in.
 *
 * @returns the staging labels, or undefined if the version is AWSCURRENT already and nothing is left to do.
 * @throws RotationError `rotation-disabled`, `secret-deleted`, `unknown-token` or `not-pending`.
 */
async function guard(event: RotationEvent, deadline: Deadline): Promise<StagingLabels | undefined> {
  const token = event.ClientRequestToken;
  let latest: StagingLabels = {};
  const labels = await readUntilFound(async () => {
    const secret = await describeSecret(event.SecretId, deadline);
    if (secret.deleted) {
      throw new RotationError(
        "secret-deleted",
        "The secret is scheduled for deletion.",
        `Restore it first: aws secretsmanager restore-secret --secret-id ${shellWord(event.SecretId)}`,
      );
    }
    if (!secret.rotationEnabled) {
      throw new RotationError(
        "rotation-disabled",
        "Rotation is not enabled for the secret.",
        "RotateSecret, naming this function, turns it on; CancelRotateSecret had turned it off. While AWSPENDING is on " +
          `this version, RotateSecret is refused, though. ${cancelRemedy(event)}`,
      );
    }
    latest = secret.labels;
    return ["current", "pending"].includes(tokenState(latest, token)) ? latest : undefined;
  }, deadline);
  if (labels === undefined) {
    throw refusal(token, tokenState(latest, token));
  }
  return tokenState(labels, token) === "current" ? undefined : labels;
}

/** The result of a guard that has passed. */
export interface Passed {
  readonly labels: StagingLabels;
  /**
   * To be called inside the lock, right before the change is committed. A process that was frozen before the lock may wake
   * after the next rotation has finished, and its change would lock AWSCURRENT out. Reads the labels again only if more
   * than a second has passed since the last read.
   *
   * @throws RotationError if the labels have moved. The caller must then change nothing.
   */
  confirm(): Promise<void>;
}

/**
 * Runs the guard while the step's reads are under way. If the guard refuses, its error is thrown, whatever the reads do.
 *
 * @returns the staging labels and the results of the reads, or undefined if the version is AWSCURRENT already.
 */
export async function guarded<Reads extends readonly unknown[]>(
  event: RotationEvent,
  deadline: Deadline,
  ...reads: { [Index in keyof Reads]: Promise<Reads[Index]> }
): Promise<[Passed, ...Reads] | undefined> {
  const all = Promise.all(reads);
  all.catch(() => {}); // A failed read is thrown below, unless the guard throws first.
  const guardReadAt = Date.now();
  const labels = await guard(event, deadline);
  return (
    labels && [
      { labels, confirm: confirmation(event, deadline, labels, guardReadAt) },
      ...((await all) as unknown as Reads),
    ]
  );
}

/** Milliseconds after which the labels are read again before a change is committed. */
const LONGEST_TRUSTED_MS = 1000;

export function confirmation(
  event: RotationEvent,
  deadline: Deadline,
  labels: StagingLabels,
  guardReadAt: number,
): () => Promise<void> {
  let lastRead = guardReadAt;
  return async () => {
    // Date.now() advances while a process is frozen; other clocks may not. If the clock was set back, read again.
    const passed = Date.now() - lastRead;
    if (passed >= 0 && passed < LONGEST_TRUSTED_MS) {
      return;
    }
    const readAt = Date.now();
    const now = await guard(event, deadline);
    if (now === undefined || holderOf(now, AWSCURRENT) !== holderOf(labels, AWSCURRENT)) {
      throw new RotationError(
        "secret-changed",
        "The staging labels moved during the step, which has changed nothing.",
        "If the rotation is still pending, Secrets Manager retries it.",
      );
    }
    lastRead = readAt;
  };
}

function refusal(version: string, state: TokenState): RotationError {
  if (state === "unknown") {
    return new RotationError(
      "unknown-token",
      `The secret has no labeled version ${version}.`,
      "The rotation was abandoned, or this event was not sent by Secrets Manager. Start a new rotation.",
    );
  }
  return new RotationError(
    "not-pending",
    `Version ${version} does not have the staging label AWSPENDING.`,
    "The rotation was canceled: another value was stored, or the label was removed. Start a new rotation.",
  );
}
