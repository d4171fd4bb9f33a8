import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isNode, isPair, isScalar, isSeq, parseDocument } from "yaml";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | string[];
  readonly Metadata?: JsonObject;
  readonly Properties: JsonObject;
}

export interface Parameter {
  readonly Type: "String" | "Number";
  readonly Default?: string | number;
  readonly AllowedValues?: (string | number)[];
  readonly AllowedPattern?: string;
  readonly Description?: string;
  readonly MinValue?: number;
  readonly MaxValue?: number;
}

export interface Template {
  readonly Metadata: { "AWS::CloudFormation::Interface": { ParameterGroups: { Parameters: string[] }[] } };
  readonly Parameters: Record<string, Parameter>;
  readonly Rules?: Record<
    string,
    { RuleCondition: Json; Assertions: { Assert: Json; AssertDescription: string }[] }
  >;
  readonly Mappings: Record<string, Record<string, Record<string, Json>>>;
  readonly Conditions: Record<string, Json>;
  readonly Globals?: { Function: JsonObject };
  readonly Resources: Record<string, Resource>;
  readonly Outputs: Record<string, { Condition?: string; Value: Json }>;
}

export const ROOT = join(import.meta.dirname, "../..");

export function readTemplate(file = "template.yaml"): Template {
  return parseTemplate(readFileSync(join(ROOT, file), "utf8"));
}

export function parseTemplate(text: string): Template {
  const document = parseDocument(text, { logLevel: "error" });
  if (document.errors.length > 0) {
    throw document.errors[0];
  }
  return toJson(document.contents) as unknown as Template;
}

/** CloudFormation's short forms stand for objects: `!Ref x` is `{ Ref: "x" }`, `!Sub x` is `{ "Fn::Sub": "x" }`. */
function toJson(node: unknown): Json {
  if (isPair(node)) {
    throw new Error("A pair is no value.");
  }
  const value = isMap(node)
    ? Object.fromEntries(node.items.map(({ key, value }) => [String(key), toJson(value)]))
    : isSeq(node)
      ? node.items.map(toJson)
      : isScalar(node)
        ? (node.value as Json)
        : null;
  const [, name] = (isNode(node) && /^!([A-Z]\w+)$/.exec(node.tag ?? "")) || [];
  if (name === undefined) {
    return value;
  }
  const argument = name === "GetAtt" && typeof value === "string" ? value.split(".") : value;
  return { [name === "Ref" || name === "Condition" ? name : `Fn::${name}`]: argument };
}
