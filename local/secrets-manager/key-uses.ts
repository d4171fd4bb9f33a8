import { AWSCURRENT } from "./labels.ts";
import type { PreparedCall } from "./operation.ts";
import { keyOf } from "./secret.ts";

/** A request that Secrets Manager makes to AWS KMS with the permissions of its own caller. */
export interface KeyUse {
  action: "kms:Decrypt" | "kms:GenerateDataKey";
  /** As it was given for the secret: an ARN, an id or an alias. */
  keyId: string;
  encryptionContext: { SecretARN: string; SecretVersionId: string };
}

/**
 * What reading and storing a value asks of the secret's key, by the User Guide's page "Secret encryption and decryption",
 * section "How Secrets Manager uses your KMS key". A value that is stored again is decrypted and compared. The key
 * `aws/secretsmanager` needs no permission. Left out: the requests that check a key when it is chosen, and those of
 * replication.
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
