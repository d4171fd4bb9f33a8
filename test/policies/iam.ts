import { runSimulation, runUnsafeSimulation, type Simulation } from "@cloud-copilot/iam-simulate";
import type { PolicyDocument } from "./documents.ts";

/** What IAM is asked: may this principal do this? */
export interface IamRequest {
  /** The ARN of a user or of a role's session, or the name of a service. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** The keys that the request has for conditions, under their names in the Service Authorization Reference. */
  readonly context: Readonly<Record<string, string>>;
}

/** The documents that have a say in it. */
export interface Attached {
  /** At the principal. */
  readonly identity: readonly PolicyDocument[];
  /** At the resource: of a secret, a key, a function, or the trust policy of a role. */
  readonly resource?: PolicyDocument | undefined;
}

/** The answer of IAM's evaluation logic, in an account without organization policies, boundaries and session policies. */
export function isAllowed(request: IamRequest, { identity, resource }: Attached): boolean {
  // Without this wrapping, in which the evaluator keeps policies that it has validated, it expects a name of the policy.
  const named = resource && {
    __validated: true,
    policyDocument: evaluable(resource),
    metadata: {},
    errors: [],
  };
  return runUnsafeSimulation(simulation(request, identity, named), {}) === "Allowed";
}

/** What the strict evaluation has to say. */
export interface StrictAnswer {
  readonly allowed: boolean;
  /** Condition keys that the action does not have; they were left aside. */
  readonly unknownKeys: readonly string[];
}

/**
 * The same after a validation of everything against the Service Authorization Reference: the documents, the action, the
 * type of the resource, and whether the action has these condition keys at all.
 */
export async function strictly(request: IamRequest, { identity, resource }: Attached): Promise<StrictAnswer> {
  const answer = await runSimulation(simulation(request, identity, resource && evaluable(resource)), {});
  if (answer.resultType !== "single") throw new Error(JSON.stringify(answer));
  return { allowed: answer.overallResult === "Allowed", unknownKeys: answer.result.ignoredContextKeys ?? [] };
}

function simulation(
  { principal, action, resource, context }: IamRequest,
  identity: Attached["identity"],
  resourcePolicy: object | undefined,
): Simulation {
  return {
    request: {
      principal,
      action,
      resource: { resource, accountId: accountOf(resource) || accountOf(principal) },
      contextVariables: { ...context },
    },
    identityPolicies: identity.map((policy, index) => ({
      name: `policy ${index}`,
      policy: evaluable(policy),
    })),
    resourcePolicy,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
}

/** The evaluator looks for the type before the first slash, and so misses that every name of EC2 is one of these. */
function evaluable(document: PolicyDocument): PolicyDocument {
  const Statement = document.Statement.map(({ Resource, ...statement }) =>
    Resource === undefined ? statement : { ...statement, Resource: Resource.replace(/:\*\/\*$/, ":*") },
  );
  return { ...document, Statement };
}

function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}
