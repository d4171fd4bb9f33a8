import { type KeyUse, keyUses } from "./key-uses.ts";
import type { PreparedCall } from "./operation.ts";
import type { Secrets } from "./secrets.ts";

/** What an authorizer decides by. Names of condition keys are those of the Service Authorization Reference. */
export interface AuthorizationRequest {
  /** "secretsmanager:GetSecretValue" */
  action: string;
  /** The access key id of the request. */
  caller: string;
  /** The secret's ARN; with `??????` for its suffix when there is no such secret; "*" where there is none to name. */
  resource: string;
  /** Condition keys and their values; never a secret value. */
  conditions: Readonly<Record<string, string>>;
  /** What is asked of AWS KMS on the caller's behalf; absent when nothing is. */
  keyUses?: readonly KeyUse[];
}

/** Throws an AccessDeniedException to refuse. Called before the request's outcome could tell that a secret exists. */
export type Authorize = (request: AuthorizationRequest) => void;

/** Members of a request that are condition keys under their own name. */
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
