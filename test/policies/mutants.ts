import { list, type PolicyDocument, type Statement } from "./documents.ts";

/** A document with one change, and what the change does: to what it gives, or to what it takes away. */
export interface Mutant {
  readonly change: string;
  readonly document: PolicyDocument;
  /** More requests are allowed than before, or fewer. */
  readonly effect: "wider" | "narrower";
}

interface Change {
  readonly change: string;
  /** Undefined if nothing is left of the statement. */
  readonly statement: Statement | undefined;
  /** Whether the statement is about more requests than before. */
  readonly grows: boolean;
}

/** The document with each action, condition, value, principal and resource changed by itself. */
export function mutants(document: PolicyDocument): Mutant[] {
  return document.Statement.flatMap((statement) =>
    [
      ...withoutOneAction(statement),
      ...withAllActions(statement, document),
      ...withoutOneCondition(statement),
      ...withoutOneValue(statement),
      ...withWiderPatterns(statement),
      ...withWiderResource(statement),
      ...forEveryPrincipal(statement),
    ].map(({ change, statement: changed, grows }) => ({
      change: `${statement.Sid} ${change}`,
      document: {
        ...document,
        Statement: document.Statement.flatMap((one) => (one !== statement ? one : (changed ?? []))),
      },
      effect: grows === (statement.Effect === "Allow") ? "wider" : "narrower",
    })),
  );
}

function withoutOneAction(statement: Statement): Change[] {
  const actions = list(statement.Action);
  return actions.map((action) => {
    const rest = actions.filter((other) => other !== action);
    const changed = rest.length === 0 ? undefined : { ...statement, Action: rest };
    return { change: `without ${action}`, statement: changed, grows: false };
  });
}

/**
 * Not of a refusal, which is of all that anybody was given; nor where a condition has a key that no other action has, or
 * none that the document does not allow anyway, so that more actions would be the same.
 */
function withAllActions(statement: Statement, document: PolicyDocument): Change[] {
  const reads = document.Statement.some(({ Action }) =>
    list(Action).includes("secretsmanager:GetSecretValue"),
  );
  const keys = [
    ...["secretsmanager:RotationLambdaARN", "iam:PassedToService", "lambda:Principal"],
    ...(reads ? ["secretsmanager:VersionStage"] : []),
  ];
  const ofOneAction = conditionsOf(statement).some(
    ({ operator, key }) => operator === "StringEquals" && keys.includes(key),
  );
  if (statement.Effect === "Deny" || ofOneAction) return [];
  const services = new Set(list(statement.Action).map((action) => action.split(":")[0]));
  return [...services].map((service) => ({
    change: `for ${service}:*`,
    statement: { ...statement, Action: `${service}:*` },
    grows: true,
  }));
}

function withoutOneCondition(statement: Statement): Change[] {
  return conditionsOf(statement).map(({ operator, key }) => {
    const { [key]: _dropped, ...keys } = statement.Condition?.[operator] ?? {};
    const Condition = { ...statement.Condition, [operator]: keys };
    return {
      change: `without its condition ${operator} ${key}`,
      statement: { ...statement, Condition },
      grows: true,
    };
  });
}

/** Of several values of a condition each is needed: with fewer of them, "not equal" is true of more requests. */
function withoutOneValue(statement: Statement): Change[] {
  return conditionsOf(statement).flatMap(({ operator, key, values }) => {
    if (values.length < 2) return [];
    return values.map((value) => ({
      change: `without ${value} in its condition ${operator} ${key}`,
      statement: withValues(
        statement,
        operator,
        key,
        values.filter((other) => other !== value),
      ),
      grows: operator.includes("Not"),
    }));
  });
}

function withWiderPatterns(statement: Statement): Change[] {
  return conditionsOf(statement).flatMap(({ operator, key, values: [value = ""] }) =>
    (operator === "StringLike" ? widerArns(value) : []).map((wider) => ({
      change: `with ${wider} in its condition ${operator} ${key}`,
      statement: withValues(statement, operator, key, [wider]),
      grows: true,
    })),
  );
}

function withWiderResource(statement: Statement): Change[] {
  return widerArns(statement.Resource ?? "*").map((Resource) => ({
    change: `on ${Resource}`,
    statement: { ...statement, Resource },
    grows: true,
  }));
}

function forEveryPrincipal(statement: Statement): Change[] {
  if (statement.Principal === undefined || statement.Principal === "*") return [];
  return [{ change: "for every principal", statement: { ...statement, Principal: "*" }, grows: true }];
}

/**
 * The ARN with each of partition, region, account and name open, and everything. The name `secret:*` and that of
 * network.json are as wide as names can be for their services.
 */
function widerArns(arn: string): string[] {
  if (arn === "*") return [];
  const parts = arn.split(":");
  const open = [1, 3, 4].filter((index) => !["", "*"].includes(parts[index] ?? ""));
  const name = parts.slice(5).join(":");
  const wider = open.map((index) => parts.with(index, "*").join(":"));
  if (!["*", "*/*", "secret:*"].includes(name)) wider.push([...parts.slice(0, 5), "*"].join(":"));
  return [...wider, "*"];
}

function conditionsOf(statement: Statement): { operator: string; key: string; values: readonly string[] }[] {
  return Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key, values: list(values) })),
  );
}

function withValues(statement: Statement, operator: string, key: string, values: string[]): Statement {
  const keys = { ...statement.Condition?.[operator], [key]: values };
  return { ...statement, Condition: { ...statement.Condition, [operator]: keys } };
}
