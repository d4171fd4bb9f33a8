import * as v from "valibot";
import type { Login, Product } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { malformedSecret, parseDocument, secretKeys } from "./secret-document.ts";

/** The most that Secrets Manager stores in one version, in bytes of UTF-8. */
const LARGEST_SECRET = 65_536;

/** The value of one version of a secret. */
export interface DatabaseSecret {
  readonly login: Login;
  /** The ARN of the secret of a user who may create and change others: the master-user strategy's. */
  readonly masterArn: string | undefined;
  /** The other user of the master-user strategy, where it is not simply the name with or without `_clone`. */
  readonly alternateUsername: string | undefined;
  /** The JSON as it was stored, with the keys that no rotation function knows. */
  readonly text: string;
}

const secretSchema = v.looseObject(secretKeys);

/**
 * Reads the JSON of a secret, in the shape that AWS documents for database secrets:
 * `{"engine","host","port"?,"username","password","dbname"?,"ssl"?,"sslServerName"?,"masterarn"?,
 * "alternateUsername"?, …}`.
 *
 * @param text SecretString; undefined when the version holds binary data.
 * @param which the staging label the value was read by, for the error.
 * @throws RotationError `malformed-secret`; it names the key and never quotes the value.
 */
export function parseSecret(text: string | undefined, which: string, engine: Product): DatabaseSecret {
  const secret = parseDocument(secretSchema, text, which);
  if (!engine.names.includes(secret.engine)) {
    const names = engine.names.map((name) => `"${name}"`).join(" or ");
    throw malformedSecret(which, `is not usable: the key "engine" must be ${names} for this function`);
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
    masterArn: secret.masterarn,
    alternateUsername: secret.alternateUsername,
    text: text ?? "",
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
