import { describeSecret } from "../aws/secrets-manager.ts";
import { RotationError } from "../report/errors.ts";
import { shellWord } from "../report/shell.ts";
import { AWSCURRENT, holderOf, type StagingLabels, type TokenState, tokenState } from "../staging-labels.ts";
import type { Deadline } from "./deadline.ts";
import type { RotationEvent } from "./event.ts";
import { howToGiveUp } from "./remedies.ts";
import { eventually } from "./retry-read.ts";

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

/** What the guard has let through. */
export interface Passed {
  readonly labels: StagingLabels;
  /**
   * For the moment right before a change is made for good, when a step that changes the database holds its lock. A
   * process that was frozen on the way there wakes after the next rotation has finished: its change would lock out
   * AWSCURRENT. Asks Secrets Manager only if time has passed since it was asked last.
   *
   * @throws RotationError if the labels have moved: then nothing may be changed.
   */
  confirm(): Promise<void>;
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
): Promise<[Passed, ...Reads] | undefined> {
  const all = Promise.all(reads);
  all.catch(() => {}); // A failed read is heard of below, unless the guard ends the step before.
  const asked = Date.now();
  const labels = await guard(event, deadline);
  return (
    labels && [
      { labels, confirm: confirmation(event, deadline, labels, asked) },
      ...((await all) as unknown as Reads),
    ]
  );
}

/** Milliseconds after which the labels are read again before a change is made for good. */
const LONGEST_TRUSTED_MS = 1000;

export function confirmation(
  event: RotationEvent,
  deadline: Deadline,
  labels: StagingLabels,
  asked: number,
): () => Promise<void> {
  let lastAsked = asked;
  return async () => {
    // The time of day goes on while a process is frozen, whatever other clocks do. One that was set back says nothing.
    const passed = Date.now() - lastAsked;
    if (passed >= 0 && passed < LONGEST_TRUSTED_MS) {
      return;
    }
    const askedAgain = Date.now();
    const now = await guard(event, deadline);
    if (now === undefined || holderOf(now, AWSCURRENT) !== holderOf(labels, AWSCURRENT)) {
      throw new RotationError(
        "secret-changed",
        "The staging labels moved during the step, which has changed nothing.",
        "If the rotation is still pending, Secrets Manager retries it.",
      );
    }
    lastAsked = askedAgain;
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
