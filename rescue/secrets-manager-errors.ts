import { isNamed, isServiceAnswer, networkCode, refusal } from "../shared/aws/secrets-manager-errors.ts";
import { RotationError } from "../shared/report/errors.ts";

/** IAM statements that allow each operation, with their files in policies/. A test compares them with the files. */
const STATEMENTS = {
  read: "ReadVersions of policies/rescue.json",
  move: "MoveLabels of policies/rescue.json",
  master: "ReadMasterSecret of policies/rescue.json",
  key: "DecryptSecret of policies/read-secret-key.json",
  masterKey: "DecryptMasterSecret of policies/master-secret-key.json",
  list: "ListFleet of policies/watch-fleet.json",
  describe: "DescribeFleet of policies/watch-fleet.json",
};

/** Subject of a call: one secret, or all secrets that rotate. */
type Subject = "secret" | "master secret" | "fleet";

const NOT_CONFIGURED = /CredentialsProviderError|Region is missing|Region not accepted|Token.*expired|SSO/;

/** Throws an error for the operator in place of the SDK's error. Of the request, it contains the secret's id only. */
export function explain(operation: string, secretId: string, what: Subject): (error: unknown) => never {
  return (error) => {
    const name = error instanceof Error ? error.name : "unknown error";
    const by = refusal(error);
    if (by === "IAM" && error instanceof Error) {
      throw new RotationError(
        "access-denied",
        `You may not call ${operation}${secretId && ` for the ${what === "fleet" ? "secret" : what} ${secretId}`}: ${error.message}`,
        `What allows it is the statement ${statementOf(operation, what)}.`,
      );
    }
    if (by === "KMS") {
      throw new RotationError(
        "access-denied",
        `${operation} failed because the KMS key of the ${what} ${secretId} could not be used (${name}).`,
        `You need kms:Decrypt on it: the statement ${what === "secret" ? STATEMENTS.key : STATEMENTS.masterKey}.`,
      );
    }
    if (isNamed(error, "ResourceNotFoundException")) {
      throw new RotationError(
        "unknown-secret",
        `There is no ${what} ${secretId} in this account and region.`,
        "Check its name, and which account and region your credentials are for.",
      );
    }
    if (isServiceAnswer(error) && error instanceof Error) {
      throw new RotationError("secrets-manager", `${operation} failed: ${name}, ${error.message}`, "");
    }
    if (NOT_CONFIGURED.test(`${name} ${error instanceof Error ? error.message : ""}`)) {
      throw new RotationError(
        "access-denied",
        `${operation} could not be signed: no credentials, expired ones, or no region were found.`,
        "Log in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; and AWS_REGION.",
      );
    }
    throw new RotationError(
      "unreachable",
      `Secrets Manager did not answer ${operation} (${networkCode(error) ?? name}).`,
      "Check the network, the region, and AWS_ENDPOINT_URL_SECRETS_MANAGER if it is set.",
    );
  };
}

function statementOf(operation: string, what: Subject): string {
  if (what === "fleet") {
    return operation === "ListSecrets" ? STATEMENTS.list : STATEMENTS.describe;
  }
  if (what === "master secret") {
    return STATEMENTS.master;
  }
  return operation === "UpdateSecretVersionStage" ? STATEMENTS.move : STATEMENTS.read;
}
