import { RotationError } from "../report/errors.ts";
import { redact } from "../report/redact.ts";

const THROTTLED = ["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"];
const KEY_FAILED = ["DecryptionFailure", "EncryptionFailure", "KMSAccessDeniedException"];

const NOT_CONFIGURED = /CredentialsProviderError|Region is missing/;

/** Maximum characters of an error's name. */
const LONGEST_NAME = 80;

/** Compares the error's name. Every client error of Secrets Manager has status 400, and the texts vary. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

export function isThrottled(error: unknown): boolean {
  return error instanceof Error && THROTTLED.includes(error.name);
}

/** IAM refused the call, or AWS KMS the use of the secret's key. */
export type Refusal = "IAM" | "KMS";

/** Statements that allow a call, and their files below policies/. A test checks that they exist. */
const STATEMENTS = {
  rotate: "RotateSecrets of policies/rotation-single-user.json or rotation-master-user.json",
  password: "GeneratePassword of policies/rotation-single-user.json or rotation-master-user.json",
  key: "UseSecretKey of policies/secret-key.json",
  keyOwner: "AccountMayUseKeyInSecretsManager of policies/secret-key-owner.json",
};

/**
 * Returns a handler that throws a RotationError for an error of the SDK. It contains nothing of the request.
 *
 * @param denied returns the error if the call was denied and another statement than the rotated secret's allows it.
 */
export function explain(
  operation: string,
  denied?: (by: Refusal) => RotationError,
): (error: unknown) => never {
  return (error) => {
    const name = error instanceof Error ? redact(error.name).slice(0, LONGEST_NAME) : "unknown error";
    const by = refusal(error);
    if (by !== undefined && denied !== undefined) {
      throw denied(by);
    }
    if (by === "IAM" && error instanceof Error) {
      throw new RotationError(
        "access-denied",
        `This function's role may not call secretsmanager:${operation}: ${error.message}`,
        operation === "GetRandomPassword"
          ? `Attach the policy of its strategy to the role: what allows it is the statement ${STATEMENTS.password}.`
          : `Attach the policy of its strategy to the role: what allows it is the statement ${STATEMENTS.rotate}, ` +
              "but only if the rotation function of the secret is this one, named without a version or alias.",
      );
    }
    if (by === "KMS") {
      throw new RotationError(
        "access-denied",
        `${operation} failed because the secret's KMS key could not be used (${name}).`,
        "The role needs kms:Decrypt and kms:GenerateDataKey on the customer managed key: the statement " +
          `${STATEMENTS.key}, and in the key's own policy ${STATEMENTS.keyOwner}.`,
      );
    }
    if (name === "ResourceNotFoundException") {
      throw new RotationError(
        "unknown-secret",
        `${operation} does not find the secret.`,
        "It was deleted, or the event names a secret of another account or region.",
      );
    }
    if (isThrottled(error)) {
      throw new RotationError(
        "throttled",
        `${operation} was throttled (${name}), also when tried again.`,
        "Spread the rotation windows: PutSecretValue and UpdateSecretVersionStage share 50 calls a second.",
      );
    }
    if (isServiceAnswer(error)) {
      throw new RotationError(
        "secrets-manager",
        `${operation} failed with ${name}.`,
        "Secrets Manager tries the rotation again; look up the error name on the page of the operation if it stays.",
      );
    }
    if (error instanceof RotationError) {
      throw error;
    }
    if (isUnreadable(error)) {
      throw invalidResponse(operation);
    }
    if (NOT_CONFIGURED.test(`${name} ${error instanceof Error ? error.message : ""}`)) {
      throw new RotationError(
        "access-denied",
        `${operation} could not be signed: the function has no region or no credentials.`,
        "Lambda sets both; elsewhere set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
      );
    }
    throw new RotationError(
      "unreachable",
      `Secrets Manager did not answer ${operation} (${networkCode(error) ?? name}).`,
      "A function in a VPC needs an interface endpoint for Secrets Manager with private DNS, or a NAT gateway, " +
        "and its security group must allow port 443 outbound.",
    );
  };
}

/** A denied key also is an AccessDeniedException ("Access to KMS is not allowed"). A secret's name may contain "KMS". */
export function refusal(error: unknown): Refusal | undefined {
  if (error instanceof Error && error.name === "AccessDeniedException") {
    return /kms:|access to kms/i.test(error.message) ? "KMS" : "IAM";
  }
  return error instanceof Error && KEY_FAILED.includes(error.name) ? "KMS" : undefined;
}

export function isServiceAnswer(error: unknown): boolean {
  return error instanceof Error && "$fault" in error;
}

/** Whether the SDK could not parse the answer. It throws its parser's error, or one with the HTTP status. */
function isUnreadable(error: unknown): boolean {
  return (
    error instanceof SyntaxError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    (error instanceof Error && "$metadata" in error && Object(error.$metadata).httpStatusCode !== undefined)
  );
}

/** The error if an answer did not come from Secrets Manager, or does not fit the request. */
export function invalidResponse(operation: string): RotationError {
  return new RotationError(
    "secrets-manager",
    `The answer to ${operation} is not one of Secrets Manager.`,
    "A proxy or another server may have answered: check AWS_ENDPOINT_URL_SECRETS_MANAGER, SECRETS_MANAGER_ENDPOINT, the " +
      "interface endpoint and its DNS. Otherwise wait: Secrets Manager retries the rotation.",
  );
}

export function networkCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
