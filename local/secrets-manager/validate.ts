import * as v from "valibot";
import { ServiceError } from "./errors.ts";

/**
 * Checks an input against its schema. The error never contains the value, which may be a secret.
 *
 * @throws {ServiceError} SerializationException for a JSON value of the wrong type; otherwise InvalidParameterException,
 * unless the schema names another error
 */
export function validate<Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, withoutNulls(input), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const parameter = v.getDotPath(issue) ?? "the request";
  if (issue.kind === "schema" && issue.received === "undefined") {
    throw new ServiceError("InvalidParameterException", `You must provide ${parameter}.`);
  }
  if (issue.kind === "schema") {
    throw new ServiceError(
      "SerializationException",
      `Wrong type for ${parameter}: expected ${issue.expected}.`,
    );
  }
  const expected = issue.expected === null ? issue.message : `Expected ${issue.expected}.`;
  throw new ServiceError("InvalidParameterException", `Invalid value for ${parameter}. ${expected}`);
}

/** A member that is null counts as absent. */
function withoutNulls(input: unknown): object {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new ServiceError("SerializationException", "The request body must be a JSON object.");
  }
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}
