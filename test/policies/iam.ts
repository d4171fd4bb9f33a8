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
  /** At the VPC endpoint. */
  readonly endpoint?: PolicyDocument | undefined;
}

/** The answer of IAM's evaluation logic, in an account without organization policies, boundaries and session policies. */
export function isAllowed(request: IamRequest, { identity, resource, endpoint }: Attached): boolean {
  // Without this wrapping, in which the evaluator keeps policies that it has validated, it expects a name of the policy.
  const named = resource && {
    __validated: true,
    policyDocument: evaluable(resource),
    metadata: {},
    errors: [],
  };
  const decides = (policies: Attached["identity"], atResource?: object) =>
    runUnsafeSimulation(simulation(request, policies, atResource), {}) === "Allowed";
  // This evaluation knows no endpoints: the request must pass both.
  return decides(identity, named) && (endpoint === undefined || decides([withoutPrincipal(endpoint)]));
}

/** An endpoint policy is evaluated as one of the caller's, but that it is for every principal. */
function withoutPrincipal(document: PolicyDocument): PolicyDocument {
  const Statement = document.Statement.map(({ Principal: _everyone, ...statement }) => statement);
  return { ...document, Statement };
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
export async function strictly(
  request: IamRequest,
  { identity, resource, endpoint }: Attached,
): Promise<StrictAnswer> {
  const inFull = simulation(request, identity, resource && evaluable(resource), endpoint);
  const answer = await runSimulation(inFull, {});
  if (answer.resultType !== "single") throw new Error(JSON.stringify(answer));
  return { allowed: answer.overallResult === "Allowed", unknownKeys: answer.result.ignoredContextKeys ?? [] };
}

function simulation(
  { principal, action, resource, context }: IamRequest,
  identity: Attached["identity"],
  resourcePolicy: object | undefined,
  endpoint?: PolicyDocument,
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
    ...(endpoint && { vpcEndpointPolicies: [{ name: "endpoint", policy: endpoint }] }),
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
