import * as v from "valibot";
import { RotationError } from "../report/errors.ts";

/** Values that mean true, in any case. All others mean false, as in AWS's templates. */
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

/** The function's environment variables. Those about passwords have the names, defaults and meanings of AWS's templates. */
const settingsSchema = v.object({
  /** Characters that no password may contain. Replaces the engine's default, even if empty. */
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
  /** Keys of the secret whose connection URLs get the new user name and password: paths with dots, separated by commas. */
  CONNECTION_URL_KEYS: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split(",").flatMap((key) => key.trim() || [])),
    ),
    "",
  ),
  /** Path of a PEM file. Its CA certificates are trusted instead of those of Node and of Lambda's runtime. */
  DATABASE_CA_FILE: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** Form of the password in the SQL statement. A server that checks passwords needs the plaintext. */
  PASSWORD_IN_SQL: v.optional(v.picklist(["verifier", "plaintext"]), "verifier"),
  /** If the server supports two passwords, the old one works until the next rotation (true) or until finishSecret (false). */
  RETAIN_PREVIOUS: v.optional(
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((text) => text === "true"),
    ),
    "true",
  ),
  /** ARN of the master secret for secrets without `masterarn`. */
  MASTER_SECRET_ARN: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** Database host for a master secret without one, as RDS manages it. */
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

/** @throws RotationError `malformed-settings` with the variable and its allowed values. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  // template.yaml passes an empty text for an unset parameter. Only for EXCLUDE_CHARACTERS is an empty text a value.
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
