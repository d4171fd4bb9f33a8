import { type KeyUse, keyUses } from "./key-uses.ts";
import type { PreparedCall } from "./operation.ts";
import type { Secrets } from "./secrets.ts";

/** Input of an authorizer. Condition keys are named as in the Service Authorization Reference. */
export interface AuthorizationRequest {
  /** "secretsmanager:GetSecretValue" */
  action: string;
  /** Access key id of the request. */
  caller: string;
  /** ARN of the secret, with the suffix `??????` if it does not exist; "*" if the operation has no secret. */
  resource: string;
  /** Condition keys and their values; never a secret value. */
  conditions: Readonly<Record<string, string>>;
  /** Requests to AWS KMS on the caller's behalf. Absent if there are none. */
  keyUses?: readonly KeyUse[];
}

/** @throws {ServiceError} AccessDeniedException. Called first: a caller without permission cannot learn whether a secret exists. */
export type Authorize = (request: AuthorizationRequest) => void;

/** Members of a request that are condition keys with the same name. */
const CONDITION_MEMBERS = [
  "SecretId",
  "Name",
  "Description",
  "KmsKeyId",
  "VersionId",
  "VersionStage",
  "RecoveryWindowInDays",
  "ForceDeleteWithoutRecovery",
  "RotationLambdaARN",
  "RotateImmediately",
  "BlockPublicPolicy",
  "ForceOverwriteReplicaSecret",
];

export function authorizationRequest(
  operation: string,
  caller: string,
  prepared: PreparedCall,
  secrets: Secrets,
): AuthorizationRequest {
  const { input, secret } = prepared;
  const conditions: Record<string, string> = {};
  for (const member of CONDITION_MEMBERS) {
    const value = input[member];
    if (value !== undefined && value !== "") conditions[`secretsmanager:${member}`] = String(value);
  }
  if (operation === "RotateSecret") {
    conditions["secretsmanager:ModifyRotationRules"] = String(input.RotationRules !== undefined);
  }
  if (secret?.rotation !== undefined) {
    conditions["secretsmanager:resource/AllowRotationLambdaArn"] = secret.rotation.lambdaArn;
  }
  for (const [key, value] of secret?.tags ?? []) {
    conditions[`aws:ResourceTag/${key}`] = value;
    conditions[`secretsmanager:ResourceTag/${key}`] = value;
  }
  const named = input.SecretId ?? input.Name;
  const resource = secret?.arn ?? (typeof named === "string" ? secrets.arnPattern(named) : "*");
  const uses = keyUses(operation, prepared);
  const action = `secretsmanager:${operation}`;
  return { action, caller, resource, conditions, ...(uses.length > 0 && { keyUses: uses }) };
}
