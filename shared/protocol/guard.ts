import { describeSecret } from "../aws/secrets-manager.ts";
import { RotationError } from "../report/errors.ts";
import { shellWord } from "../report/shell.ts";
import { type StagingLabels, type TokenState, tokenState } from "../staging-labels.ts";
import type { Deadline } from "./deadline.ts";
import type { RotationEvent } from "./event.ts";
import { eventually } from "./eventually.ts";
import { howToGiveUp } from "./give-up.ts";

/**
 * What every step asks first: is rotation enabled, and is the token's version the one being rotated in?
 *
 * @returns the staging labels, or undefined when the version is AWSCURRENT already: nothing is left to do.
 * @throws RotationError `rotation-disabled`, `secret-deleted`, `unknown-token` or `not-pending`.
 */
async function guard(event: RotationEvent, deadline: Deadline): Promise<StagingLabels | undefined> {
  const token = event.ClientRequestToken;
  let latest: StagingLabels = {};
  const labels = await eventually(async () => {
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
          `this version, RotateSecret is refused, though. ${howToGiveUp(event)}`,
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

/**
 * Runs the guard while the step's reads are under way. The guard has the first word: if it refuses, what became
 * of the reads does not matter.
 *
 * @returns the staging labels and what was read, or undefined when the version is AWSCURRENT already.
 */
export async function guarded<Reads extends readonly unknown[]>(
  event: RotationEvent,
  deadline: Deadline,
  ...reads: { [Index in keyof Reads]: Promise<Reads[Index]> }
): Promise<[StagingLabels, ...Reads] | undefined> {
  const all = Promise.all(reads);
  all.catch(() => {}); // A failed read is heard of below, unless the guard ends the step before.
  const labels = await guard(event, deadline);
  return labels && [labels, ...((await all) as unknown as Reads)];
}

function refusal(version: string, state: TokenState): RotationError {
  if (state === "unknown") {
    return new RotationError(
      "unknown-token",
      `The secret has no labelled version ${version}.`,
      "The rotation was abandoned, or this event was not sent by Secrets Manager. Start a new rotation.",
    );
  }
  return new RotationError(
    "not-pending",
    `Version ${version} does not have the staging label AWSPENDING.`,
    "The rotation was abandoned: somebody stored a value or removed the label meanwhile. Start a new rotation.",
  );
}
