import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Combination } from "./combinations.ts";
import { type Json, type JsonObject, ROOT } from "./template.ts";

/** policies/<name>.json, as `inFull` leaves it. */
export function policy(name: string): Json {
  return inFull(JSON.parse(readFileSync(join(ROOT, "policies", `${name}.json`), "utf8")));
}

/** The policies that the role of a function needs, and no other. */
export function policiesFor({ strategy, inVpc, withKeys }: Combination): string[] {
  return [
    `rotation-${strategy}`,
    "logs",
    ...(withKeys ? ["secret-key"] : []),
    ...(withKeys && strategy === "master-user" ? ["master-secret-key"] : []),
    ...(inVpc ? ["network", "network-not-for-code"] : []),
  ];
}

/** The policies of a role, by name, with the placeholders of policies/. */
export function rolePolicies(role: JsonObject, filledIn?: Replacements): Record<string, Json> {
  const policies = role.Policies as { PolicyName: string; PolicyDocument: Json }[];
  return Object.fromEntries(
    policies.map(({ PolicyName, PolicyDocument }) => [
      PolicyName,
      withPlaceholders(PolicyDocument, filledIn),
    ]),
  );
}

/** A permission as the statement that Lambda puts into the function's policy. */
export function permissionStatement(properties: JsonObject): Json {
  const { Action = null, Principal = null, SourceAccount = null } = properties;
  return inFull({
    Effect: "Allow",
    Principal: { Service: Principal },
    Action,
    Resource: `\${RotationLambdaArn}`,
    Condition: { StringEquals: { "aws:SourceAccount": SourceAccount } },
  });
}

type Replacements = [string | RegExp, string][];

/** ARNs that are put together in the template have one placeholder in policies/. */
const ARNS: Replacements = [
  [`arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:rotate`, `\${RotationLambdaArn}`],
  [`arn:\${Partition}:logs:\${Region}:\${AccountId}:log-group:\${LogGroup}`, `\${LogGroupArn}`],
];

export function withPlaceholders(json: Json, filledIn = ARNS): Json {
  const text = filledIn.reduce(
    (sofar, [arn, placeholder]) => sofar.replaceAll(arn, placeholder),
    JSON.stringify(json),
  );
  return inFull(JSON.parse(text));
}

/** IAM takes a list of one for the value itself; a parameter that is a list always makes a list. */
function inFull(json: Json): Json {
  if (Array.isArray(json)) {
    return json.length === 1 && typeof json[0] === "string" ? json[0] : json.map(inFull);
  }
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, inFull(value)]));
  }
  return json;
}
