import * as v from "valibot";
import { ServiceError } from "./errors.ts";
import type { Secret } from "./secret.ts";
import { matchesWords } from "./words.ts";

/** The filters of ListSecrets and BatchGetSecretValue. */

const KEYS = [
  "all",
  "name",
  "tag-key",
  "description",
  "tag-value",
  "primary-region",
  "owning-service",
] as const;
type Key = (typeof KEYS)[number];

/** `matcherOf` checks keys and values, with AWS's error messages. */
export const filters = v.pipe(
  v.array(v.object({ Key: v.optional(v.string()), Values: v.optional(v.array(v.string())) })),
  v.maxLength(10),
);

type Filter = v.InferOutput<typeof filters>[number];
type Matches = (secret: Secret) => boolean;

/** @throws {ServiceError} if a filter has no key, an unknown key, or invalid values */
export function matcherOf(all: readonly Filter[]): Matches {
  const matchers = all.map((one, index) => oneMatcher(one, index + 1));
  return (secret) => matchers.every((matches) => matches(secret));
}

/** Values of one filter are alternatives. A value that begins with "!" is negated. */
function oneMatcher({ Key: text, Values: values = [] }: Filter, position: number): Matches {
  const key = keyOf(text, position);
  checkValues(key, values, position);
  return (secret) =>
    values.some((value) =>
      value.startsWith("!") ? !matches(secret, key, value.slice(1)) : matches(secret, key, value),
    );
}

function keyOf(text: string | undefined, position: number): Key {
  if (text === undefined) throw new ServiceError("InvalidParameterException", "Invalid filter key");
  const key = KEYS.find((one) => one === text);
  if (key === undefined) {
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value '${text}' at 'filters.${position}.member.key' failed to satisfy constraint: Member must satisfy enum value set: [${KEYS.join(", ")}]`,
    );
  }
  return key;
}

function checkValues(key: Key, values: readonly string[], position: number): void {
  if (values.length === 0 || values.length > 10) {
    throw new ServiceError("InvalidParameterException", `Invalid filter values for key: ${key}`);
  }
  if (values.some((value) => value.length > 512 || !/^!?[a-zA-Z0-9 :_@/+=.!-]*$/.test(value))) {
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value at 'filters.${position}.member.values' failed to satisfy constraint: Member must have at most 512 of the characters a-z, A-Z, 0-9, space and :_@/+=.-!`,
    );
  }
}

/**
 * Descriptions and `all` are searched by words, whatever their case. The other fields match by prefix, in the same
 * case (API reference, type Filter; for descriptions moto's tests, which moto ran against AWS).
 */
function matches(secret: Secret, key: Key, value: string): boolean {
  const texts = fieldsOf(secret);
  if (key === "all")
    return Object.values(texts)
      .flat()
      .some((text) => matchesWords(text, value));
  if (key === "description") return texts.description.some((text) => matchesWords(text, value));
  return texts[key].some((text) => text.startsWith(value));
}

/** A secret without replicas has no primary Region. No secret here belongs to another AWS service. */
function fieldsOf(secret: Secret): Record<Exclude<Key, "all">, string[]> {
  const { region, replicas } = secret.primary ?? secret;
  return {
    name: [secret.name],
    description: secret.description === undefined ? [] : [secret.description],
    "tag-key": [...(secret.tags?.keys() ?? [])],
    "tag-value": [...(secret.tags?.values() ?? [])],
    "primary-region": replicas.size > 0 ? [region] : [],
    "owning-service": [],
  };
}
