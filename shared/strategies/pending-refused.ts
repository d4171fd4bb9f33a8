import { howToReset } from "../protocol/give-up.ts";
import { RotationError } from "../report/errors.ts";
import type { TestRotation } from "./strategy.ts";

/**
 * What testSecret says when the pending password does not log in. RotateImmediately=false tests a copy of the current
 * value, which no setSecret sets.
 */
export async function pendingRefused({ event, pending, readCurrent }: TestRotation): Promise<RotationError> {
  const current = await readCurrent().catch(() => undefined);
  const isCopy = current?.login.password === pending.login.password;
  return new RotationError(
    "login-rejected",
    `The database refuses the password under ${isCopy ? "AWSCURRENT" : "AWSPENDING"}.`,
    isCopy
      ? howToReset(event)
      : "Secrets Manager tries the rotation again from the start, and setSecret sets it once more.",
  );
}
