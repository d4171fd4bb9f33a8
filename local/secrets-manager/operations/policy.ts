import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import { secretId } from "../fields.ts";
import { onAccount, onSecret } from "../operation.ts";
import { isPublic, statementsOf } from "../resource-policy.ts";
import type { Secret } from "../secret.ts";
import { replicaIsReadOnly, secretNotFound } from "../secrets.ts";

const resourcePolicy = v.pipe(v.string(), v.minLength(1), v.maxLength(20_480));
/** A secret has one policy, named `default`. AWS returns the name only if the request has it. */
const policyName = v.optional(
  v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.regex(/^[0-9A-Za-z_-]+$/)),
);

function response(secret: Secret, name: string | undefined): object {
  return { ARN: secret.arn, Name: secret.name, PolicyName: name };
}

function refuseOtherNames(name: string | undefined): void {
  if (name !== undefined && name !== "default") {
    throw new ServiceError("InvalidParameterException", "The only resource policy of a secret is default.");
  }
}

/** Also works on a replica, which has the policy of its primary secret: Terraform's data source reads it there. */
export const getResourcePolicy = onSecret(
  v.object({ SecretId: secretId, PolicyName: policyName }),
  (_context, secret, { PolicyName }) => {
    if (PolicyName !== undefined && PolicyName !== "default") {
      throw new ServiceError("ResourceNotFoundException", `The secret has no policy ${PolicyName}.`);
    }
    return { ...response(secret, PolicyName), ResourcePolicy: secret.resourcePolicy };
  },
  { replica: true },
);

export const putResourcePolicy = onSecret(
  v.object({
    SecretId: secretId,
    ResourcePolicy: resourcePolicy,
    PolicyName: policyName,
    BlockPublicPolicy: v.optional(v.boolean()),
  }),
  (_context, secret, request) => {
    refuseOtherNames(request.PolicyName);
    const statements = statementsOf(request.ResourcePolicy);
    if (request.BlockPublicPolicy && statements.some(isPublic)) {
      throw new ServiceError(
        "PublicPolicyException",
        "The resource policy grants public access to the secret, which BlockPublicPolicy does not allow.",
      );
    }
    secret.resourcePolicy = request.ResourcePolicy;
    return response(secret, request.PolicyName);
  },
);

/** Succeeds if there is no policy. */
export const deleteResourcePolicy = onSecret(
  v.object({ SecretId: secretId, PolicyName: policyName }),
  (_context, secret, { PolicyName }) => {
    refuseOtherNames(PolicyName);
    delete secret.resourcePolicy;
    return response(secret, PolicyName);
  },
);

/** A malformed policy is an error, not a finding. The names of checks are inferred: AWS publishes none. */
export const validateResourcePolicy = onAccount(
  v.object({ SecretId: v.optional(secretId), ResourcePolicy: resourcePolicy }),
  (context, request) => {
    const secret = request.SecretId === undefined ? undefined : context.secrets.find(request.SecretId);
    if (request.SecretId !== undefined && secret === undefined) throw secretNotFound();
    if (secret?.primary !== undefined) throw replicaIsReadOnly();
    const errors = statementsOf(request.ResourcePolicy).some(isPublic)
      ? [
          {
            CheckName: "PublicPolicy",
            ErrorMessage: "The resource policy grants public access to the secret.",
          },
        ]
      : [];
    return { PolicyValidationPassed: errors.length === 0, ValidationErrors: errors };
  },
);
