import { AWSCURRENT } from "./labels.ts";
import type { PreparedCall } from "./operation.ts";
import { keyOf } from "./secret.ts";

/** A request of Secrets Manager to AWS KMS, which needs a permission of Secrets Manager's caller. */
export interface KeyUse {
  action: "kms:Decrypt" | "kms:GenerateDataKey";
  /** The secret's KmsKeyId: an ARN, an id or an alias. */
  keyId: string;
  encryptionContext: { SecretARN: string; SecretVersionId: string };
}

/**
 * Requests to the secret's key when a value is read or stored. Source: the User Guide's page "Secret encryption and
 * decryption", section "How Secrets Manager uses your KMS key". A value that is stored again is decrypted and compared. The
 * key `aws/secretsmanager` needs no permission. Left out: requests of replication, and those that check a new key.
 */
export function keyUses(operation: string, { input, secret }: PreparedCall): KeyUse[] {
  if (secret === undefined) return [];
  const use = (action: KeyUse["action"], keyId: string | undefined, id: string): KeyUse[] =>
    keyId === undefined
      ? []
      : [{ action, keyId, encryptionContext: { SecretARN: secret.arn, SecretVersionId: id } }];

  if (operation === "GetSecretValue") {
    const id = input.VersionId ?? secret.labels.get(String(input.VersionStage ?? AWSCURRENT));
    const version = secret.versions.get(String(id));
    return version?.content === undefined ? [] : use("kms:Decrypt", keyOf(secret, version), version.id);
  }
  if (operation === "PutSecretValue") {
    const id = String(input.ClientRequestToken);
    const existing = secret.versions.get(id);
    return existing?.content === undefined
      ? use("kms:GenerateDataKey", secret.kmsKeyId, id)
      : use("kms:Decrypt", existing.kmsKeyId, id);
  }
  return [];
}
