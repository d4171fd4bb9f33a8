import type { Product } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import type { Settings } from "./settings.ts";

/** The input of GetRandomPassword. */
export interface PasswordRules {
  PasswordLength: number;
  ExcludeCharacters: string;
  ExcludeNumbers: boolean;
  ExcludePunctuation: boolean;
  ExcludeUppercase: boolean;
  ExcludeLowercase: boolean;
  RequireEachIncludedType: boolean;
}

/** The characters of each type of GetRandomPassword, by the variable that excludes the type. */
const TYPES = {
  EXCLUDE_NUMBERS: "0123456789",
  EXCLUDE_PUNCTUATION: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
  EXCLUDE_UPPERCASE: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  EXCLUDE_LOWERCASE: "abcdefghijklmnopqrstuvwxyz",
} as const;

/** @throws RotationError `malformed-settings` if no password meets the rules, or it would be too long for the database. */
export function passwordRules(settings: Settings, engine: Product): PasswordRules {
  const excluded = settings.EXCLUDE_CHARACTERS ?? engine.excludedCharacters;
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];
  const types = names.filter((name) => !settings[name]);
  const emptied = types.filter((name) => [...TYPES[name]].every((character) => excluded.includes(character)));
  const { PASSWORD_LENGTH: length, REQUIRE_EACH_INCLUDED_TYPE: required } = settings;
  if (emptied.length === types.length) {
    throw impossible("The EXCLUDE_ variables leave no character for a password.", "EXCLUDE_ variables");
  }
  if (required && emptied.length > 0) {
    throw impossible(
      `EXCLUDE_CHARACTERS has every character of a type of which REQUIRE_EACH_INCLUDED_TYPE wants one, unless ${emptied} ` +
        "is true.",
      `EXCLUDE_CHARACTERS, ${emptied} or REQUIRE_EACH_INCLUDED_TYPE`,
    );
  }
  if (required && length < types.length) {
    throw impossible(
      `A password of PASSWORD_LENGTH ${length} has no room for one character of each of ${types.length} types.`,
      "PASSWORD_LENGTH or REQUIRE_EACH_INCLUDED_TYPE",
    );
  }
  const { longestPassword = length } = engine;
  if (length > longestPassword) {
    throw impossible(
      `PASSWORD_LENGTH is ${length}, but the database takes no more than ${longestPassword} characters.`,
      "PASSWORD_LENGTH",
    );
  }
  return {
    PasswordLength: length,
    ExcludeCharacters: excluded,
    ExcludeNumbers: settings.EXCLUDE_NUMBERS,
    ExcludePunctuation: settings.EXCLUDE_PUNCTUATION,
    ExcludeUppercase: settings.EXCLUDE_UPPERCASE,
    ExcludeLowercase: settings.EXCLUDE_LOWERCASE,
    RequireEachIncludedType: required,
  };
}

function impossible(cause: string, variables: string): RotationError {
  return new RotationError(
    "malformed-settings",
    cause,
    `Correct ${variables} in the function's configuration; nothing was read or written.`,
  );
}
