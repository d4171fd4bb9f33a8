import { ACCOUNT, namesakes, PLACEHOLDERS } from "../account.ts";
import { type PolicyDocument, render } from "../documents.ts";
import type { Attached, IamRequest } from "../iam.ts";
import { OPEN_HOUSE } from "../others.ts";

type Policy = string | PolicyDocument;

/** A request, and what must become of it. */
export interface Case extends IamRequest {
  readonly title: string;
  readonly allowed: boolean;
  /** Names of files in policies/, or documents of others. */
  readonly identity: readonly Policy[];
  readonly resourcePolicy?: Policy;
  /** Of the VPC endpoint that the request goes through. */
  readonly endpointPolicy?: Policy;
}

/** What a group of cases has in common. */
export type Setting = Pick<Case, "principal" | "context" | "identity" | "resourcePolicy" | "endpointPolicy">;

export function lets(title: string, setting: Setting, action: string, resource: string): Case {
  return { title: `lets ${title}`, allowed: true, action, resource, ...setting };
}

export function refuses(title: string, setting: Setting, action: string, resource: string): Case {
  return { title: `refuses ${title}`, allowed: false, action, resource, ...setting };
}

/**
 * The action is refused on what has the same name elsewhere. Across accounts both sides must agree: there the owner
 * lets everybody in, so that only the file under test can refuse.
 */
export function refusesElsewhere(title: string, setting: Setting, action: string, resource: string): Case[] {
  return namesakes(resource).map(({ where, arn }) => {
    const owner = arn.includes(`:${ACCOUNT}:`) ? {} : { resourcePolicy: OPEN_HOUSE };
    return refuses(`${title} ${where}`, { ...setting, ...owner }, action, arn);
  });
}

/** The documents of a case. `instead` takes the place of a file, to see whether the case notices. */
export function attachedIn(
  { identity, resourcePolicy, endpointPolicy }: Setting,
  instead?: { file: string; document: PolicyDocument },
): Attached {
  const documentOf = (policy: Policy): PolicyDocument => {
    if (typeof policy !== "string") return policy;
    return policy === instead?.file ? instead.document : render(policy, PLACEHOLDERS);
  };
  return {
    identity: identity.map(documentOf),
    resource: resourcePolicy === undefined ? undefined : documentOf(resourcePolicy),
    endpoint: endpointPolicy === undefined ? undefined : documentOf(endpointPolicy),
  };
}

/** Whether a case attaches a file. */
export function attaches({ identity, resourcePolicy, endpointPolicy }: Setting, file: string): boolean {
  return [...identity, resourcePolicy, endpointPolicy].includes(file);
}
