import type { RotationEvent } from "./event.ts";

/** The way out when the pending value is of no use: the value of a version cannot be replaced. */
export function howToGiveUp({ SecretId, ClientRequestToken }: RotationEvent): string {
  return (
    "Give this rotation up, then rotate again: aws secretsmanager update-secret-version-stage " +
    `--secret-id ${SecretId} --version-stage AWSPENDING --remove-from-version-id ${ClientRequestToken} - or, which ` +
    `looks first whether that is safe: npm run rescue -- unstick --secret-id ${SecretId}`
  );
}

/** The way out when the database has another password than AWSCURRENT. */
export function howToReset({ SecretId }: Pick<RotationEvent, "SecretId">): string {
  return (
    "Find out who changed it, set the user's password to the one under AWSCURRENT, then rotate again. Through the " +
    `master secret this does it: npm run rescue -- reset --secret-id ${SecretId}`
  );
}
