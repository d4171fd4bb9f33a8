import { randomInt } from "node:crypto";
import * as v from "valibot";
import { ServiceError } from "./errors.ts";

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE = LOWERCASE.toUpperCase();
const DIGITS = "0123456789";
/** The 32 printable ASCII symbols. */
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

const flag = v.optional(v.boolean(), false);

export const randomPasswordInput = v.object({
  PasswordLength: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)), 32),
  ExcludeCharacters: v.optional(v.pipe(v.string(), v.maxLength(4096)), ""),
  ExcludeLowercase: flag,
  ExcludeUppercase: flag,
  ExcludeNumbers: flag,
  ExcludePunctuation: flag,
  IncludeSpace: flag,
  RequireEachIncludedType: v.optional(v.boolean(), true),
});

/**
 * GetRandomPassword. The space belongs to no class and is never required. The three errors were measured on AWS
 * (go-to-k/cdkd, pull request 3086).
 * @throws {ServiceError} InvalidParameterException
 */
export function randomPassword(options: v.InferOutput<typeof randomPasswordInput>): string {
  const classes = [
    options.ExcludeLowercase ? "" : LOWERCASE,
    options.ExcludeUppercase ? "" : UPPERCASE,
    options.ExcludeNumbers ? "" : DIGITS,
    options.ExcludePunctuation ? "" : PUNCTUATION,
  ]
    .filter((characters) => characters !== "")
    .map((characters) => without(characters, options.ExcludeCharacters));
  const alphabet = classes.join("") + without(options.IncludeSpace ? " " : "", options.ExcludeCharacters);
  const required = options.RequireEachIncludedType ? classes : [];
  if (required.includes("")) throw invalid("All characters of the desired type have been excluded");
  if (alphabet === "") throw invalid("All characters have been excluded from selection");
  if (options.PasswordLength < required.length) {
    throw invalid("Password length is too short based on the required types");
  }
  const free = Array.from({ length: options.PasswordLength - required.length }, () => alphabet);
  return shuffled([...required, ...free].map(pick)).join("");
}

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidParameterException", message);
}

function without(characters: string, excluded: string): string {
  return [...characters].filter((character) => !excluded.includes(character)).join("");
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

/** Sorts by random keys: otherwise the position of a character would reveal its class. */
function shuffled(characters: string[]): string[] {
  return characters
    .map((character) => ({ character, key: randomInt(2 ** 47) }))
    .sort((one, other) => one.key - other.key)
    .map(({ character }) => character);
}
