import { resetRemedy } from "../protocol/remedies.ts";
import { RotationError } from "../report/errors.ts";
import type { TestRotation } from "./strategy.ts";

/** The error of testSecret if the pending password does not log in. A copy of the current value was set by no setSecret. */
export function pendingRefused({ event, isCopy }: TestRotation): RotationError {
  return isCopy
    ? new RotationError(
        "login-rejected",
        "The database rejects the password under AWSCURRENT.",
        resetRemedy(event),
      )
    : new RotationError(
        "login-rejected",
        "The database rejects the password under AWSPENDING.",
        "Secrets Manager retries the rotation from createSecret, and setSecret sets the password once more.",
      );
}
