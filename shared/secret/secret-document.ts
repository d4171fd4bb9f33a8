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

/** The keys of a database secret's JSON that a rotation function knows. */
export const secretKeys = {
  engine: v.string(),
  // A host that begins with "/" is the folder of a Unix socket to PostgreSQL's driver.
  host: v.pipe(text, v.regex(/^[^/\s]+$/)),
  username: text,
  password: text,
  port: v.optional(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/))]),
      v.transform(Number),
      v.integer(),
      v.minValue(1),
      v.maxValue(65_535),
    ),
  ),
  dbname: v.optional(text),
  ssl: v.optional(
    v.union([
      v.boolean(),
      v.pipe(
        v.string(),
        v.toLowerCase(),
        v.picklist(["true", "false"]),
        v.transform((ssl) => ssl === "true"),
      ),
    ]),
    true,
  ),
  sslServerName: v.optional(text),
  masterarn: v.optional(text),
  alternateUsername: v.optional(text),
};

const EXPECTED: Record<string, string> = {
  engine: "a string",
  host: "a host name or an IP address",
  username: "a non-empty string without NUL, in whole characters",
  password: "a non-empty string without NUL, in whole characters",
  port: "a whole number from 1 to 65535",
  dbname: "a non-empty string without NUL, in whole characters",
  ssl: "true or false; no value falls back to plaintext",
  sslServerName: "the host name that stands in the server's certificate",
  masterarn: "the ARN of the master user's secret",
  alternateUsername: "a non-empty string without NUL, in whole characters",
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
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
