import { awsCommand } from "./commands.ts";
import { notRepairable, type Plan } from "./plan.ts";
import type { SecretState } from "./secret-state.ts";

/** AWSCURRENT has nothing to log in with. */
export function noUsableCurrent(state: SecretState): Plan {
  const { arn, current, deleted } = state;
  if (deleted) {
    return notRepairable(
      ["The secret is scheduled for deletion."],
      [`Restore it: ${awsCommand("restore-secret", arn)}`],
    );
  }
  const why = current === undefined ? "No version has AWSCURRENT." : current.problem;
  return notRepairable(
    [why ?? `AWSCURRENT is on version ${current?.id}, which has no value.`],
    storeLogin(state),
  );
}

/** What to do before any rotation can succeed. This program stores no values, and its policy does not let anybody. */
export function storeLogin({ arn }: SecretState): string[] {
  return [
    "Store the user's login, as JSON in a file, under AWSCURRENT: " +
      awsCommand("put-secret-value", arn, "--secret-string file://login.json"),
    "That needs secretsmanager:PutSecretValue, which policies/rescue.json does not allow.",
    `Then rotate: ${awsCommand("rotate-secret", arn)}`,
  ];
}
