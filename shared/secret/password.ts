import type { Product } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import type { Settings } from "./settings.ts";

/** The input of GetRandomPassword, without the fields that we never send. */
export interface PasswordRules {
  PasswordLength: number;
  ExcludeCharacters: string;
  ExcludeNumbers: boolean;
  ExcludePunctuation: boolean;
  ExcludeUppercase: boolean;
  ExcludeLowercase: boolean;
  RequireEachIncludedType: boolean;
}

/** @throws RotationError `malformed-settings` if no password can be like that. */
export function passwordRules(settings: Settings, engine: Product): PasswordRules {
  const kinds = [
    settings.EXCLUDE_NUMBERS,
    settings.EXCLUDE_PUNCTUATION,
    settings.EXCLUDE_UPPERCASE,
    settings.EXCLUDE_LOWERCASE,
  ].filter((excluded) => !excluded).length;
  if (kinds === 0 || (settings.REQUIRE_EACH_INCLUDED_TYPE && settings.PASSWORD_LENGTH < kinds)) {
    throw new RotationError(
      "malformed-settings",
      `No password of length ${settings.PASSWORD_LENGTH} can be made of ${kinds} kinds of characters.`,
      "Correct PASSWORD_LENGTH or the EXCLUDE_ variables in the function's configuration.",
    );
  }
  return {
    PasswordLength: settings.PASSWORD_LENGTH,
    ExcludeCharacters: settings.EXCLUDE_CHARACTERS ?? engine.excludedCharacters,
    ExcludeNumbers: settings.EXCLUDE_NUMBERS,
    ExcludePunctuation: settings.EXCLUDE_PUNCTUATION,
    ExcludeUppercase: settings.EXCLUDE_UPPERCASE,
    ExcludeLowercase: settings.EXCLUDE_LOWERCASE,
    RequireEachIncludedType: settings.REQUIRE_EACH_INCLUDED_TYPE,
  };
}
