import type { RotationEvent } from "./event.ts";

/** The way out when the pending value is of no use: the value of a version cannot be replaced. */
export function howToGiveUp({ SecretId, ClientRequestToken }: RotationEvent): string {
  return (
    "Give this rotation up, then rotate again: aws secretsmanager update-secret-version-stage " +
    `--secret-id ${SecretId} --version-stage AWSPENDING --remove-from-version-id ${ClientRequestToken}`
  );
}
