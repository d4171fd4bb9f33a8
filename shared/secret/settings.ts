import * as v from "valibot";
import { RotationError } from "../report/errors.ts";

/** The variables of AWS's templates are as lenient as there: these mean true, in any case; everything else is false. */
const TRUE = ["true", "1", "y", "yes"];

function flag(byDefault: boolean) {
  return v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => TRUE.includes(text.toLowerCase())),
    ),
    String(byDefault),
  );
}

/**
 * The function's environment variables. Those that shape passwords have the names, defaults and
 * meanings of AWS's own templates.
 */
const settingsSchema = v.object({
  /** Characters that no password may contain; a value replaces the engine's default, an empty one too. */
  EXCLUDE_CHARACTERS: v.optional(v.pipe(v.string(), v.maxLength(4096))),
  /** Characters, 1 to 4096. */
  PASSWORD_LENGTH: v.optional(
    v.pipe(v.string(), v.trim(), v.regex(/^\+?\d+$/), v.transform(Number), v.minValue(1), v.maxValue(4096)),
    "32",
  ),
  EXCLUDE_NUMBERS: flag(false),
  EXCLUDE_PUNCTUATION: flag(false),
  EXCLUDE_UPPERCASE: flag(false),
  EXCLUDE_LOWERCASE: flag(false),
  REQUIRE_EACH_INCLUDED_TYPE: flag(true),
  /** Other keys of the secret whose connection URLs get the new user name and password: paths with dots, and commas between. */
  CONNECTION_URL_KEYS: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(",").flatMap((key) => key.trim() || [])),
    ),
    "",
  ),
  /** Path of a PEM file whose certificates are trusted instead of those of Node and Lambda's runtime. */
  DATABASE_CA_FILE: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** What stands in the SQL statement: a verifier made here, or the password itself for a server that checks it. */
  PASSWORD_IN_SQL: v.optional(v.picklist(["verifier", "plaintext"]), "verifier"),
  /** Where two passwords work at once, the old one goes on working until the next rotation; false: until finishSecret. */
  RETAIN_PREVIOUS: v.optional(
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((text) => text === "true"),
    ),
    "true",
  ),
  /** The master secret of secrets that have no `masterarn`. */
  MASTER_SECRET_ARN: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** The one host that a master whose secret has no host, being managed by RDS, may log in to. */
  DATABASE_HOST: v.optional(v.pipe(v.string(), v.nonEmpty())),
});

const EXPECTED: Record<string, string> = {
  EXCLUDE_CHARACTERS: "at most 4096 characters",
  PASSWORD_LENGTH: "a whole number from 1 to 4096",
  DATABASE_CA_FILE: "the path of a PEM file",
  PASSWORD_IN_SQL: '"verifier" or "plaintext"',
  RETAIN_PREVIOUS: '"true" or "false"',
  MASTER_SECRET_ARN: "the ARN of a secret",
  DATABASE_HOST: "a host name",
};

export type Settings = v.InferOutput<typeof settingsSchema>;

/** @throws RotationError `malformed-settings`, naming the variable and what it may be. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  // A template passes on an empty text where nothing was chosen. Only "no characters excluded" is a choice.
  const chosen = Object.entries(environment).filter(
    ([name, value]) => value !== "" || name === "EXCLUDE_CHARACTERS",
  );
  const parsed = v.safeParse(settingsSchema, Object.fromEntries(chosen));
  if (parsed.success) {
    return parsed.output;
  }
  const name = String(parsed.issues[0].path?.[0]?.key);
  throw new RotationError(
    "malformed-settings",
    `The environment variable ${name} must be ${EXPECTED[name]}.`,
    "Correct it in the function's configuration; nothing was read or written.",
  );
}
