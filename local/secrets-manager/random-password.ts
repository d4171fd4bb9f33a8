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
 * GetRandomPassword. The space is no class of its own and so never required. A class that ExcludeCharacters empties
 * is not included, hence not required either (inferred: no source says what AWS does).
 */
export function randomPassword(options: v.InferOutput<typeof randomPasswordInput>): string {
  const classes = [
    options.ExcludeLowercase ? "" : LOWERCASE,
    options.ExcludeUppercase ? "" : UPPERCASE,
    options.ExcludeNumbers ? "" : DIGITS,
    options.ExcludePunctuation ? "" : PUNCTUATION,
  ]
    .map((characters) => without(characters, options.ExcludeCharacters))
    .filter((characters) => characters !== "");
  const alphabet = classes.join("") + without(options.IncludeSpace ? " " : "", options.ExcludeCharacters);
  const required = options.RequireEachIncludedType ? classes : [];
  if (alphabet === "") {
    throw new ServiceError("InvalidParameterException", "No characters are left to make a password of.");
  }
  if (options.PasswordLength < required.length) {
    throw new ServiceError(
      "InvalidParameterException",
      "PasswordLength is less than the number of required types.",
    );
  }
  const free = Array.from({ length: options.PasswordLength - required.length }, () => alphabet);
  return shuffled([...required, ...free].map(pick)).join("");
}

function without(characters: string, excluded: string): string {
  return [...characters].filter((character) => !excluded.includes(character)).join("");
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

/** Sorted by random keys, so that no position betrays its class. */
function shuffled(characters: string[]): string[] {
  return characters
    .map((character) => ({ character, key: randomInt(2 ** 47) }))
    .sort((one, other) => one.key - other.key)
    .map(({ character }) => character);
}
