import type { SecretDescription } from "../aws/secrets-manager.ts";
import { RotationError } from "../report/errors.ts";
import { shellWord } from "../report/shell.ts";

/** Checks that rotation is on and that the secret names this function, without a version or alias, as the role's policy does. */
export function assertNamesFunction(
  { arn, rotationEnabled, rotationFunction }: SecretDescription,
  invokedArn: string | undefined,
): true {
  const ours = invokedArn === undefined ? rotationFunction : unqualified(invokedArn);
  // A secret that was configured before keeps its schedule.
  const rules =
    rotationFunction === undefined
      ? `--rotation-rules '{"ScheduleExpression": "cron(0 3 1 * ? *)", "Duration": "3h"}' `
      : "";
  const configure =
    `aws secretsmanager rotate-secret --secret-id ${shellWord(arn)} --rotation-lambda-arn ` +
    `${ours ?? "<the function's ARN>"} ${rules}--no-rotate-immediately`;
  if (rotationFunction === undefined) {
    throw new RotationError(
      "rotation-disabled",
      "No rotation function was ever named for the secret.",
      `This names it and rotates nothing yet: ${configure}`,
    );
  }
  if (rotationFunction !== ours) {
    const qualified = unqualified(rotationFunction) === ours;
    throw new RotationError(
      "access-denied",
      qualified
        ? `The secret names a version or an alias of this function, ${rotationFunction}, which its role's policy does not fit.`
        : `The rotation function of the secret is ${rotationFunction}, not this one.`,
      qualified
        ? `Name the function itself: ${configure}`
        : `Ask that function, or name this one: ${configure}`,
    );
  }
  if (!rotationEnabled) {
    throw new RotationError(
      "rotation-disabled",
      "Rotation is not enabled for the secret.",
      `CancelRotateSecret had turned it off. This turns it on, and rotates nothing yet: ${configure}`,
    );
  }
  return true;
}

/** arn:aws:lambda:<region>:<account>:function:<name>[:<version or alias>] */
function unqualified(functionArn: string): string {
  return functionArn.split(":").slice(0, 7).join(":");
}
