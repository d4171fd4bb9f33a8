import { isIP } from "node:net";
import * as v from "valibot";
import { RotationError } from "../report/errors.ts";
import { keepSecret } from "../report/redact.ts";

// NUL ends a string in the protocols of the databases: they would cut off the rest. Half a surrogate pair has no UTF-8, so
// two different texts would be sent as the same bytes.
const text = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.excludes("\0"),
  v.check((string) => string.isWellFormed()),
);

/** Maximum nesting. Functions that read, copy or compare a document recurse once per level. */
const MAXIMUM_DEPTH = 100;

/** A key that may be missing. null and "" mean the same as missing, as in AWS's templates. */
function optional<Schema extends v.GenericSchema>(schema: Schema) {
  const present = v.transform((value: unknown) => (value === null || value === "" ? undefined : value));
  return v.optional(v.pipe(v.unknown(), present, v.optional(schema)), null);
}

/** Texts that ask for TLS. Texts that allow a fallback to plaintext are refused. */
const TLS = [
  "true",
  "require",
  "required",
  "verify-ca",
  "verify-full",
  "verify-identity",
  "yes",
  "y",
  "on",
  "1",
];

/** Characters of a URL, a port, several hosts or a path of a Unix socket, which are no host name. */
const NO_HOST_NAME = /[\s/:,@?#[\]\\]/;

/** The keys of a database secret's JSON that a rotation function knows. */
export const secretKeys = {
  engine: v.pipe(v.string(), v.toLowerCase()),
  host: v.pipe(
    text,
    v.check((host) => isIP(host) !== 0 || !NO_HOST_NAME.test(host)),
  ),
  username: text,
  password: text,
  port: optional(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.trim(), v.regex(/^\+?\d+$/))]),
      v.transform(Number),
      v.integer(),
      v.minValue(1),
      v.maxValue(65_535),
    ),
  ),
  dbname: optional(text),
  ssl: optional(
    v.union([
      v.boolean(),
      v.pipe(
        v.union([v.string(), v.literal(1)]),
        v.transform((word) => String(word).trim().toLowerCase().replace("_", "-")),
        v.picklist([...TLS, "false"]),
        v.transform((word) => word !== "false"),
      ),
    ]),
  ),
  sslServerName: optional(text),
  masterarn: optional(text),
  alternateUsername: optional(text),
};

const TEXT = "a non-empty string without NUL, in whole characters";

const EXPECTED: Record<string, string> = {
  engine: "a string",
  host: 'a host name or an IP address alone; a port belongs into the key "port"',
  username: TEXT,
  password: TEXT,
  port: "a whole number from 1 to 65535",
  dbname: TEXT,
  ssl: 'true or false, or a word that asks for TLS, such as "require"; nothing falls back to plaintext',
  sslServerName: "the host name that stands in the server's certificate",
  masterarn: "the ARN of the master user's secret",
  alternateUsername: TEXT,
};

/**
 * Parses and checks the JSON object of a secret.
 *
 * @param which the name of the value for the error: a staging label, or the master secret.
 * @throws RotationError `malformed-secret`. It names the key and never quotes the value.
 */
export function parseDocument<Schema extends v.GenericSchema>(
  schema: Schema,
  secretString: string | undefined,
  which: string,
): v.InferOutput<Schema> {
  if (secretString === undefined) {
    throw malformedSecret(which, "is binary, not a SecretString");
  }
  const document = parseJson(secretString);
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw malformedSecret(which, "is not a JSON object");
  }
  if (isDeeperThan(MAXIMUM_DEPTH, document)) {
    throw malformedSecret(which, `is nested in more than ${MAXIMUM_DEPTH} levels`);
  }
  if ("password" in document && typeof document.password === "string") {
    keepSecret(document.password, namesIn(document));
  }
  const parsed = v.safeParse(schema, document);
  if (!parsed.success) {
    const key = String(parsed.issues[0].path?.[0]?.key);
    const problem = Object.hasOwn(document, key) ? "must be" : "is missing; it must be";
    throw malformedSecret(which, `is not usable: the key "${key}" ${problem} ${EXPECTED[key]}`);
  }
  return parsed.output;
}

/** Returns the names in a secret that errors and their commands show. */
function namesIn(document: object): string[] {
  const named = ["username", "alternateUsername", "host", "dbname", "masterarn"];
  return Object.entries(document).flatMap(([key, value]) =>
    named.includes(key) && typeof value === "string" ? [value] : [],
  );
}

export function malformedSecret(which: string, problem: string): RotationError {
  return new RotationError(
    "malformed-secret",
    `The value under ${which} ${problem}.`,
    'A database secret is {"engine": …, "host": …, "username": …, "password": …, "port"?: …, "dbname"?: …}.',
  );
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  return levels === 0 || Object.values(value).some((one) => isDeeperThan(levels - 1, one));
}

/** Returns undefined if the text is not JSON. The parser's message is dropped: it quotes the text, and so the password. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(withoutBom(text));
  } catch {
    return undefined;
  }
}

/** Removes a byte order mark, which editors on Windows write and JSON does not allow. */
export function withoutBom(text: string): string {
  return text.replace(/^\uFEFF/, "");
}
