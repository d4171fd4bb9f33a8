import { isIP } from "node:net";
import * as v from "valibot";
import { RotationError } from "../report/errors.ts";
import { keepSecret } from "../report/redact.ts";

// A NUL ends a string in the protocols of the databases: what follows it would be silently cut off. Half a surrogate
// pair has no UTF-8, so that two different texts would become one on the way to the server.
const text = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.excludes("\0"),
  v.check((string) => string.isWellFormed()),
);

/** Levels. What reads, copies or compares a document goes down one call for each of them. */
const DEEPEST = 100;

/** A key that may be missing. In AWS's templates, and so here, null and "" mean the same as that. */
function optional<Schema extends v.GenericSchema>(schema: Schema) {
  const present = v.transform((value: unknown) => (value === null || value === "" ? undefined : value));
  return v.optional(v.pipe(v.unknown(), present, v.optional(schema)), null);
}

/** Other words than true that ask for TLS. Those that allow a fallback, and those against TLS, are refused. */
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

/** What would not be looked up as a name: a URL, a port, several hosts, the folder of a Unix socket. */
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
 * The JSON object of a secret, checked.
 *
 * @param which names the value in the error: a staging label, or the master secret.
 * @throws RotationError `malformed-secret`; it names the key and never quotes the value.
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
  if (isDeeperThan(DEEPEST, document)) {
    throw malformedSecret(which, `is nested in more than ${DEEPEST} levels`);
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

/** What errors name of a secret, and the commands in them. */
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

/** Undefined when it is not JSON: the parser's own message quotes the text, which holds the password. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(withoutBom(text));
  } catch {
    return undefined;
  }
}

/** Editors on Windows put a byte order mark before the text, which is no JSON. */
export function withoutBom(text: string): string {
  return text.replace(/^\uFEFF/, "");
}
