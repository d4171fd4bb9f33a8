import * as v from "valibot";
import type { Engine, Login } from "./engine.ts";
import { RotationError } from "./errors.ts";

/** The most that Secrets Manager stores in one version, in bytes of UTF-8. */
const LARGEST_SECRET = 65_536;

/** The value of one version of a secret. */
export interface DatabaseSecret {
  readonly login: Login;
  /** The JSON as it was stored, with the keys that no rotation function knows. */
  readonly text: string;
}

// A NUL ends a string in the protocols of the databases: what follows it would be silently cut off.
const text = v.pipe(v.string(), v.nonEmpty(), v.excludes("\0"));

const secretSchema = v.looseObject({
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
});

const EXPECTED: Record<string, string> = {
  engine: "a string",
  host: "a host name or an IP address",
  username: "a non-empty string without NUL",
  password: "a non-empty string without NUL",
  port: "a whole number from 1 to 65535",
  dbname: "a non-empty string without NUL",
  ssl: "true or false; there is no third way that would fall back to clear text",
  sslServerName: "the host name that stands in the server's certificate",
};

/**
 * Reads the JSON of a secret, in the shape that AWS documents for database secrets:
 * `{"engine","host","port"?,"username","password","dbname"?,"ssl"?,"sslServerName"?, …}`.
 *
 * @param which the staging label the value was read by, for the error.
 * @throws RotationError `malformed-secret`; it names the key and never quotes the value.
 */
export function parseSecret(secretString: string | undefined, which: string, engine: Engine): DatabaseSecret {
  if (secretString === undefined) {
    throw malformed(which, "is binary, not a SecretString");
  }
  const document = parseJson(secretString);
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw malformed(which, "is not a JSON object");
  }
  const parsed = v.safeParse(secretSchema, document);
  if (!parsed.success) {
    const key = String(parsed.issues[0].path?.[0]?.key);
    const problem = Object.hasOwn(document, key) ? "must be" : "is missing; it must be";
    throw malformed(which, `is not usable: the key "${key}" ${problem} ${EXPECTED[key]}`);
  }
  const secret = parsed.output;
  if (!engine.names.includes(secret.engine)) {
    const names = engine.names.map((name) => `"${name}"`).join(" or ");
    throw malformed(which, `is not usable: the key "engine" must be ${names} for this function`);
  }
  return {
    login: {
      host: secret.host,
      port: secret.port ?? engine.defaultPort,
      database: secret.dbname ?? engine.defaultDatabase,
      username: secret.username,
      password: secret.password,
      tls: secret.ssl && { serverName: secret.sslServerName },
    },
    text: secretString,
  };
}

/**
 * The value of the next version: the same document with some fields replaced, and every other key kept.
 *
 * @throws RotationError `unstorable` when Secrets Manager would refuse it for its size.
 */
export function replaceFields(secret: DatabaseSecret, fields: Record<string, string>): string {
  const document = Object(JSON.parse(secret.text, keepSpelling));
  const secretString = JSON.stringify({ ...document, ...fields });
  if (Buffer.byteLength(secretString) > LARGEST_SECRET) {
    throw new RotationError(
      "unstorable",
      `With the new password the secret would be larger than ${LARGEST_SECRET} bytes.`,
      "Remove keys from the secret that no client needs, or shorten PASSWORD_LENGTH.",
    );
  }
  return secretString;
}

function malformed(which: string, problem: string): RotationError {
  return new RotationError(
    "malformed-secret",
    `The value under ${which} ${problem}.`,
    'A database secret is {"engine": …, "host": …, "username": …, "password": …, "port"?: …, "dbname"?: …}.',
  );
}

/** Numbers keep their spelling: 12345678901234567890 would be stored as another number. */
function keepSpelling(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && source !== undefined ? JSON.rawJSON(source) : value;
}

declare global {
  // The proposal that Node 24 implements and TypeScript 7 does not know yet:
  // https://github.com/tc39/proposal-json-parse-with-source
  interface JSON {
    rawJSON(text: string): unknown;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/** Undefined when it is not JSON: the parser's own message quotes the text, which holds the password. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
