import { howToReset } from "../protocol/remedies.ts";
import { RotationError } from "../report/errors.ts";
import type { TestRotation } from "./strategy.ts";

/** The pending password does not log in, in testSecret. No setSecret has set it if the value is a copy of the current one. */
export function pendingRefused({ event, isCopy }: TestRotation): RotationError {
  return isCopy
    ? new RotationError(
        "login-rejected",
        "The database rejects the password under AWSCURRENT.",
        howToReset(event),
      )
    : new RotationError(
        "login-rejected",
        "The database rejects the password under AWSPENDING.",
        "Secrets Manager retries the rotation from createSecret, and setSecret sets the password once more.",
      );
}
