import { givenPending, type Rotation, type Situation, value } from "./given.ts";
import { inputs } from "./secrets-manager.ts";

export const MASTER_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:master-d4e5f6";

/** The JSON of the secret of a user who has a master; a key that is undefined is left out. */
export function appValue(changes: Record<string, unknown> = {}): string {
  return value({ masterarn: MASTER_ARN, ...changes });
}

/** The JSON of the master secret; a key that is undefined is left out. */
export function masterValue(changes: Record<string, unknown> = {}): string {
  return value({ username: "master", password: "master-password", ...changes });
}

/** The situation after createSecret: `app` is current, and `app_clone` its alternate user, unless said otherwise. */
export function givenTurn(situation: Situation = {}): Rotation {
  return givenPending({
    current: appValue(),
    pending: appValue({ username: "app_clone", password: "pending-password" }),
    others: { [MASTER_ARN]: masterValue() },
    ...situation,
  });
}

/** Returns the inputs of all GetSecretValue calls for master secrets. */
export function mastersRead(): unknown[] {
  return inputs("GetSecretValue").filter((input) => JSON.stringify(input).includes(":secret:master-"));
}
