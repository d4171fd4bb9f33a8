import { RotationError } from "../report/errors.ts";
import { shellWord } from "../report/shell.ts";
import type { RotationEvent } from "./event.ts";

/**
 * The remedy if the pending value is unusable: the value of a version cannot be replaced, so the rotation has to be
 * canceled. `rescue unstick` checks first that the database does not have the pending password: if it does, AWSPENDING is
 * the only label that leads to it.
 */
export function cancelRemedy({ SecretId, ClientRequestToken }: RotationEvent): string {
  const [secretId, token] = [SecretId, ClientRequestToken].map(shellWord);
  return (
    "Cancel this rotation, then rotate again. This command checks first whether that is safe: npm run rescue -- unstick " +
    `--secret-id ${secretId} - or, only if the password under AWSCURRENT logs in: aws secretsmanager ` +
    `update-secret-version-stage --secret-id ${secretId} --version-stage AWSPENDING --remove-from-version-id ${token}`
  );
}

/** Adds the commands that cancel the rotation to an engine's error. Engines do not know the event. */
export function withCancelRemedy(error: unknown, event: RotationEvent): unknown {
  if (!(error instanceof RotationError) || !["password-refused", "unstorable"].includes(error.reason)) {
    return error;
  }
  const { reason, cause, remedy } = error.explanation;
  const cancel = `A stored value cannot be replaced. If this one is refused again: ${cancelRemedy(event)}`;
  return new RotationError(reason, cause, `${remedy} ${cancel}`);
}

/** The remedy if the database has another password than AWSCURRENT. */
export function resetRemedy({ SecretId }: Pick<RotationEvent, "SecretId">): string {
  return (
    "Find out who changed it or dropped the user; a rotation of another secret for the same user changes it, too: use one " +
    "secret per user. As an administrator of the database set the user's password to the " +
    "one under AWSCURRENT, or create the user with it, then rotate again. Where the user exists, through the " +
    `master secret this does it: npm run rescue -- reset --secret-id ${shellWord(SecretId)}`
  );
}
