import { describe, expect, it } from "vitest";
import { explain } from "../../shared/aws/secrets-manager-errors.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { apiError } from "./secrets-manager.ts";

const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/KMS-proxy-a1b2c3";
const byIam = (action: string) =>
  apiError(
    "AccessDeniedException",
    `User: role is not authorized to perform: ${action} on resource: ${SECRET}`,
  );
const byKms = apiError("AccessDeniedException", "Access to KMS is not allowed");

/** The message of what is thrown instead of an answer. */
function explained(operation: string, error: Error): string {
  try {
    return explain(operation)(error);
  } catch (thrown) {
    return thrown instanceof RotationError && thrown.reason === "access-denied"
      ? thrown.message
      : "another error";
  }
}

describe("a denied call names the statement that allows it", () => {
  it.each(["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"])(
    "%s",
    (operation) => {
      const message = explained(operation, byIam(`secretsmanager:${operation}`));

      expect(message).toContain(
        "RotateSecrets of policies/rotation-single-user.json or rotation-master-user.json",
      );
      expect(message).toContain("named without a version or alias");
      expect(message).not.toContain("kms:");
    },
  );

  it("GetRandomPassword, which names no secret", () => {
    const message = explained("GetRandomPassword", byIam("secretsmanager:GetRandomPassword"));

    expect(message).toContain("GeneratePassword of policies/rotation-single-user.json");
    expect(message).not.toContain("alias");
  });
});

describe("a denied key names the statement of the role and the one of the key policy", () => {
  it.each([
    { what: "as the service says it", error: byKms },
    { what: "as IAM says it", error: byIam("kms:GenerateDataKey") },
    { what: "by its own name", error: apiError("KMSAccessDeniedException") },
    { what: "in a failed decryption", error: apiError("DecryptionFailure") },
  ])("$what", ({ error }) => {
    const message = explained("PutSecretValue", error);

    expect(message).toContain("UseSecretKey of policies/secret-key.json");
    expect(message).toContain("AccountMayUseKeyInSecretsManager of policies/secret-key-owner.json");
    expect(message).not.toContain("RotateSecrets");
  });
});

describe("another secret than the rotated one", () => {
  const denied = (by: string) => new RotationError("access-denied", `Refused by ${by}.`, "Ask.");

  it.each([
    { by: "IAM", error: byIam("secretsmanager:GetSecretValue") },
    { by: "KMS", error: byKms },
  ])("is reported with its own error if it is refused by $by", ({ by, error }) => {
    expect(() => explain("GetSecretValue", denied)(error)).toThrow(`Refused by ${by}. Ask.`);
  });

  it("is reported with the usual error for other refusals", () => {
    expect(() => explain("GetSecretValue", denied)(apiError("ThrottlingException"))).toThrow("was throttled");
  });
});
