import type { AuthorizationRequest, Authorize } from "../../local/secrets-manager/authorization.ts";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { ACCOUNT, SECRETS_MANAGER } from "./account.ts";
import type { PolicyDocument } from "./documents.ts";
import { type IamRequest, isAllowed } from "./iam.ts";

/** Whose an access key is. */
export interface Principal {
  /** The ARN of a user or of a role's session. */
  readonly arn: string;
  /** The user, or the role of the session. */
  readonly principalArn: string;
  readonly policies: readonly PolicyDocument[];
}

/** IAM and the side of AWS KMS that grants, of one account in one region. */
export interface Iam {
  /** For the local Secrets Manager. */
  readonly authorize: Authorize;
  /** The calls of Secrets Manager that were judged. */
  readonly calls: readonly AuthorizationRequest[];
  /** All requests that were judged, those that Secrets Manager makes for its caller included. */
  readonly judged: readonly IamRequest[];
  /** Gives an access key to somebody, or other policies to whoever has it. */
  attach(accessKey: string, principal: Principal): void;
  /** The policy of a secret or a key, by its ARN. A key without one is for nobody. */
  protect(arn: string, policy: PolicyDocument): void;
}

export function createIam(): Iam {
  const principals = new Map<string, Principal>();
  const resourcePolicies = new Map<string, PolicyDocument>();
  const calls: AuthorizationRequest[] = [];
  const judged: IamRequest[] = [];

  function judge(
    { arn, principalArn, policies }: Principal,
    request: Omit<IamRequest, "principal">,
  ): boolean {
    const context = { "aws:PrincipalArn": principalArn, "aws:PrincipalAccount": ACCOUNT, ...request.context };
    const complete = { ...request, principal: arn, context };
    judged.push(complete);
    return isAllowed(complete, { identity: policies, resource: resourcePolicies.get(request.resource) });
  }

  return {
    calls,
    judged,
    attach: (accessKey, principal) => void principals.set(accessKey, principal),
    protect: (arn, policy) => void resourcePolicies.set(arn, policy),
    authorize(call) {
      calls.push(call);
      const principal = principals.get(call.caller);
      if (principal === undefined) throw denied(`The access key ${call.caller} is nobody's.`);
      const request = { action: call.action, resource: call.resource, context: call.conditions };
      if (!judge(principal, request)) throw notAuthorized(principal, request);
      const invocation = invocationFor(call);
      if (invocation && !judge(principal, invocation)) throw notAuthorized(principal, invocation);
      for (const { action, keyId, encryptionContext } of call.keyUses ?? []) {
        const keys = Object.entries(encryptionContext).map(([key, value]) => [
          `kms:EncryptionContext:${key}`,
          value,
        ]);
        const context = {
          "kms:CallerAccount": ACCOUNT,
          "kms:ViaService": SECRETS_MANAGER,
          ...Object.fromEntries(keys),
        };
        if (!judge(principal, { action, resource: keyId, context }))
          throw denied("Access to KMS is not allowed");
      }
    },
  };
}

/** "You also need lambda:InvokeFunction permissions on the rotation function", says the page of RotateSecret. */
function invocationFor({
  action,
  conditions,
}: AuthorizationRequest): Omit<IamRequest, "principal"> | undefined {
  const resource =
    conditions["secretsmanager:RotationLambdaARN"] ??
    conditions["secretsmanager:resource/AllowRotationLambdaArn"];
  if (action !== "secretsmanager:RotateSecret" || resource === undefined) return undefined;
  return { action: "lambda:InvokeFunction", resource, context: {} };
}

function notAuthorized(
  { arn }: Principal,
  { action, resource }: Omit<IamRequest, "principal">,
): ServiceError {
  return denied(`User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`);
}

function denied(message: string): ServiceError {
  return new ServiceError("AccessDeniedException", message);
}
