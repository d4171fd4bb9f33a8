import type { Invocation } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { rewrittenUrl } from "./connection-urls.ts";
import { changeTexts, containsCopy } from "./copies.ts";
import type { DatabaseSecret } from "./secret.ts";

/** Maximum size of a value in Secrets Manager, in bytes of UTF-8. */
const LARGEST_SECRET = 65_536;

/** The fields that the next version changes. */
interface Fields {
  readonly username: string;
  readonly password: string;
  readonly alternateUsername?: string;
}

/**
 * Returns the value of the next version: the same document with the fields replaced and the connection URLs under
 * CONNECTION_URL_KEYS rewritten. Logs a warning if another key contains the old password.
 *
 * @throws RotationError `unstorable` if the value is too large for Secrets Manager, or a key of CONNECTION_URL_KEYS
 * contains the password and cannot be rewritten.
 */
export function nextValue(secret: DatabaseSecret, fields: Fields, { settings, log }: Invocation): string {
  const { login } = secret;
  const copies: string[] = [];
  const document = changeTexts(Object(JSON.parse(secret.text, keepSpelling)), (text, path) => {
    const key = path.join(".");
    const next = settings.CONNECTION_URL_KEYS.includes(key) ? rewrittenUrl(text, login, fields) : undefined;
    if (next === undefined && containsCopy(text, login.password)) {
      copies.push(key);
    }
    return next ?? text;
  });
  assertRewritten(copies.filter((key) => settings.CONNECTION_URL_KEYS.includes(key)));
  if (copies.length > 0) {
    log.warn(
      `The password stands in other keys of the secret as well, which keep the old one: ${copies.join(", ")}. Let ` +
        "applications read the key password, or name the keys that are connection URLs in CONNECTION_URL_KEYS.",
    );
  }
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

function assertRewritten(keys: readonly string[]): void {
  if (keys.length > 0) {
    throw new RotationError(
      "unstorable",
      `CONNECTION_URL_KEYS names ${keys.join(", ")}, whose copy of the password cannot be rewritten.`,
      "Make it a URL with the user name and the password of the secret, or remove its key from CONNECTION_URL_KEYS.",
    );
  }
}

/** Keeps the digits of numbers: JavaScript would turn 12345678901234567890 into another number. */
function keepSpelling(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && source !== undefined ? JSON.rawJSON(source) : value;
}

declare global {
  // Node 24 implements this proposal; TypeScript 7 has no types for it yet:
  // https://github.com/tc39/proposal-json-parse-with-source
  interface JSON {
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): boolean;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}
