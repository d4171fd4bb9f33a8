import { createStack, type Parameters } from "./stack.ts";
import { readTemplate } from "./template.ts";

export const template = readTemplate();

/** A stack with the given parameters and, besides, the required ones only. */
export function stackWith(parameters: Parameters = {}) {
  return createStack(template, {
    engine: "postgres",
    strategy: "single-user",
    functionName: "rotate",
    ...parameters,
  });
}

/** The ARN of the function in a stack of stackWith(). */
export const FUNCTION_ARN = `arn:\${Partition}:lambda:\${Region}:\${AccountId}:function:rotate`;
