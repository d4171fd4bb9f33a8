import { RotationError } from "./errors.ts";

const THROTTLED = ["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"];
const KEY_FAILED = ["DecryptionFailure", "EncryptionFailure", "KMSAccessDeniedException"];

const NOT_CONFIGURED = /CredentialsProviderError|Region is missing/;

/** By name, never by status or text: every client error of Secrets Manager is a 400, and the texts differ. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** Rethrows what the SDK threw as a RotationError without anything of the request in it. */
export function explain(operation: string): (error: unknown) => never {
  return (error) => {
    const name = error instanceof Error ? error.name : "unknown error";
    if (
      name === "AccessDeniedException" &&
      error instanceof Error &&
      !/kms:|access to kms/i.test(error.message)
    ) {
      throw new RotationError(
        "access-denied",
        `This function's role may not call secretsmanager:${operation}: ${error.message}`,
        "Attach the policy of its strategy to the role, and check that the secret's rotation function is this one.",
      );
    }
    if (name === "AccessDeniedException" || KEY_FAILED.includes(name)) {
      throw new RotationError(
        "access-denied",
        `${operation} failed because the secret's KMS key could not be used (${name}).`,
        "The role needs kms:Decrypt, kms:DescribeKey and kms:GenerateDataKey on the customer managed key.",
      );
    }
    if (name === "ResourceNotFoundException") {
      throw new RotationError(
        "unknown-secret",
        `${operation} does not find the secret.`,
        "It was deleted, or the event names a secret of another account or region.",
      );
    }
    if (THROTTLED.includes(name)) {
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

function isServiceAnswer(error: unknown): boolean {
  return error instanceof Error && "$fault" in error;
}

function networkCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
