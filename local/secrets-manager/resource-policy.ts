import * as v from "valibot";
import { ServiceError } from "./errors.ts";

/**
 * Resource policies are checked and stored, but not enforced: the option `authorize` decides whether a caller is allowed.
 */

/** A string, or several. */
const texts = v.union([v.string(), v.array(v.string())]);
const principal = v.union([v.literal("*"), v.record(v.string(), texts)]);

const statement = v.pipe(
  v.looseObject({
    Effect: v.picklist(["Allow", "Deny"]),
    Principal: v.optional(principal),
    NotPrincipal: v.optional(principal),
    Action: v.optional(texts),
    NotAction: v.optional(texts),
    Resource: v.optional(texts),
    NotResource: v.optional(texts),
    Condition: v.optional(v.record(v.string(), v.record(v.string(), v.unknown()))),
  }),
  v.check((one) => exactlyOne(one.Principal, one.NotPrincipal)),
  v.check((one) => exactlyOne(one.Action, one.NotAction)),
  v.check((one) => exactlyOne(one.Resource, one.NotResource)),
);

const policy = v.looseObject({
  Version: v.optional(v.picklist(["2012-10-17", "2008-10-17"])),
  Statement: v.union([statement, v.array(statement)]),
});

function exactlyOne(one: unknown, other: unknown): boolean {
  return (one === undefined) !== (other === undefined);
}

type Statement = v.InferOutput<typeof statement>;

/** @throws {ServiceError} MalformedPolicyDocumentException with AWS's message */
export function statementsOf(text: string): Statement[] {
  const parsed = v.safeParse(policy, parse(text));
  if (!parsed.success) throw malformed("This policy has invalid syntax.");
  return [parsed.output.Statement].flat();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
}

function malformed(message: string): ServiceError {
  return new ServiceError("MalformedPolicyDocumentException", message);
}

/**
 * Whether a statement grants access to everyone. AWS uses automated reasoning, which detects conditions that limit nothing;
 * here any condition counts as a limit.
 */
export function isPublic({ Effect, Principal, NotPrincipal, Condition }: Statement): boolean {
  if (Effect !== "Allow" || (Condition !== undefined && Object.keys(Condition).length > 0)) return false;
  if (NotPrincipal !== undefined) return true;
  return Principal === "*" || [Principal?.AWS ?? []].flat().includes("*");
}
