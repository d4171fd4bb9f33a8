import type { Json, JsonObject, Resource, Template } from "./template.ts";

export type Parameters = Record<string, string | number>;

/** What CloudFormation makes of a template with given parameters, as far as it is known before anything is made. */
export interface Stack {
  readonly resources: Record<string, Resource>;
  readonly outputs: Record<string, Json>;
  /** The sentence of every rule that the parameters break. */
  readonly brokenRules: string[];
}

/** Stands for AWS::NoValue until the list or object that has it leaves it out. */
const NO_VALUE = Symbol("AWS::NoValue");
type Value = Json | typeof NO_VALUE;

/** The placeholders of policies/, for what only AWS knows. */
const PSEUDO_PARAMETERS: Record<string, Value> = {
  "AWS::Partition": `\${Partition}`,
  "AWS::Region": `\${Region}`,
  "AWS::AccountId": `\${AccountId}`,
  "AWS::URLSuffix": `\${UrlSuffix}`,
  "AWS::StackName": `\${StackName}`,
  "AWS::NoValue": NO_VALUE,
};

/**
 * A reference to a resource is `${LogicalId}`, and to an attribute `${LogicalId.Attribute}`. DnsEntries are a list, of a
 * hosted zone and a name each, which is `${LogicalId.Name}`.
 */
export function createStack(template: Template, given: Parameters): Stack {
  const evaluate = evaluator(template, given);
  const exists = ({ Condition }: { Condition?: string }) =>
    Condition === undefined || evaluate.condition(Condition);
  const resources = Object.entries(template.Resources).filter(([, resource]) => exists(resource));
  const outputs = Object.entries(template.Outputs).filter(([, output]) => exists(output));
  const rules = Object.values(template.Rules ?? {}).filter(({ RuleCondition }) =>
    evaluate.value(RuleCondition),
  );
  return {
    resources: Object.fromEntries(
      resources.map(([id, resource]) => [
        id,
        { ...resource, Properties: evaluate.value(withGlobals(template, resource)) as JsonObject },
      ]),
    ),
    outputs: Object.fromEntries(outputs.map(([id, { Value }]) => [id, evaluate.value(Value) as Json])),
    brokenRules: rules
      .flatMap(({ Assertions }) => Assertions)
      .filter(({ Assert }) => !evaluate.value(Assert))
      .map(({ AssertDescription }) => AssertDescription),
  };
}

/**
 * The template with its conditions decided, and everything else as it stands: for services that make a stack and know
 * little of conditions.
 */
export function withoutConditions(template: Template, given: Parameters): object {
  const { condition } = evaluator(template, given);
  const decided = (json: Json): Value => {
    if (Array.isArray(json)) {
      return json.map(decided).filter((each): each is Json => each !== NO_VALUE);
    }
    if (typeof json !== "object" || json === null) {
      return json;
    }
    if (json.Ref === "AWS::NoValue") {
      return NO_VALUE;
    }
    const branches = json["Fn::If"];
    if (Array.isArray(branches)) {
      const [name, yes = null, no = null] = branches;
      return decided(condition(String(name)) ? yes : no);
    }
    const entries = Object.entries(json).map(([key, each]) => [key, decided(each)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== NO_VALUE));
  };
  const existing = <T extends { Condition?: string }>(all: Record<string, T>) =>
    Object.entries(all).flatMap(([id, { Condition, ...one }]) =>
      Condition === undefined || condition(Condition) ? [[id, decided(one as unknown as Json)]] : [],
    );
  const { Conditions: _, Rules: _rules, Metadata: _metadata, ...rest } = template;
  return {
    ...rest,
    Resources: Object.fromEntries(existing(template.Resources)),
    Outputs: Object.fromEntries(existing(template.Outputs)),
  };
}

export function propertiesOf({ resources }: Stack, id: string): JsonObject {
  const resource = resources[id];
  if (resource === undefined) {
    throw new Error(`The stack has no ${id}.`);
  }
  return resource.Properties;
}

/** The function's own properties win; none of ours is in both. */
function withGlobals({ Globals }: Template, { Type, Properties }: Resource): JsonObject {
  return Type === "AWS::Serverless::Function" ? { ...Globals?.Function, ...Properties } : Properties;
}

function evaluator(template: Template, given: Parameters) {
  const reference = (name: string): Value => {
    if (name in PSEUDO_PARAMETERS) {
      return PSEUDO_PARAMETERS[name] as Value;
    }
    const parameter = template.Parameters[name];
    if (parameter === undefined) {
      if (name in template.Resources) {
        return `\${${name}}`;
      }
      throw new Error(`There is neither a parameter nor a resource ${name}.`);
    }
    const chosen = given[name] ?? parameter.Default;
    if (chosen === undefined) {
      throw new Error(`The parameter ${name} has no default.`);
    }
    return String(chosen);
  };

  const condition = (name: string): boolean => {
    const expression = template.Conditions[name];
    if (expression === undefined) {
      throw new Error(`There is no condition ${name}.`);
    }
    return value(expression) === true;
  };

  const substitute = (argument: string | [string, JsonObject]): string => {
    const [text, variables] = typeof argument === "string" ? [argument, {}] : argument;
    return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) =>
      name in variables
        ? String(value(variables[name] ?? null))
        : name.includes(".")
          ? whole
          : String(reference(name)),
    );
  };

  // biome-ignore lint/suspicious/noExplicitAny: arguments of any shape, as CloudFormation documents them.
  const FUNCTIONS: Record<string, (argument: any) => Value> = {
    Ref: reference,
    Condition: condition,
    "Fn::GetAtt": ([id, attribute]) =>
      attribute === "DnsEntries" ? [`Z1:\${${id}.Name}`] : `\${${id}.${attribute}}`,
    "Fn::Sub": substitute,
    "Fn::If": ([name, yes, no]) => value(condition(name) ? yes : no),
    "Fn::Equals": ([one, other]) => String(value(one)) === String(value(other)),
    "Fn::Not": ([one]) => !value(one),
    "Fn::And": (all) => all.every(value),
    "Fn::Or": (all) => all.some(value),
    "Fn::Join": ([separator, list]) => (value(list) as string[]).join(separator),
    "Fn::Split": ([separator, text]) => String(value(text)).split(separator),
    "Fn::Select": ([index, list]) => (value(list) as Json[])[index] ?? null,
    "Fn::FindInMap": ([map, ...keys]) => {
      const [top, second] = keys.map((key: Json) => String(value(key)));
      return template.Mappings[map]?.[top ?? ""]?.[second ?? ""] ?? null;
    },
  };

  const value = (json: Json): Value => {
    if (Array.isArray(json)) {
      return json.map(value).filter((each) => each !== NO_VALUE);
    }
    if (typeof json !== "object" || json === null) {
      return json;
    }
    const [[name, argument] = [], ...more] = Object.entries(json);
    const apply = FUNCTIONS[name ?? ""];
    // In a policy "Condition" is a key like any other.
    if (apply && more.length === 0 && (name !== "Condition" || typeof argument === "string")) {
      return apply(argument);
    }
    const entries = Object.entries(json).map(([key, each]) => [key, value(each)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== NO_VALUE));
  };

  return { value, condition };
}
