import type { Engine } from "./engine.ts";
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

export function passwordRules(settings: Settings, engine: Engine): PasswordRules {
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
