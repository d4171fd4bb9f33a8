import type { Invocation } from "../engine/engine.ts";
import { RotationError } from "../report/errors.ts";
import { rewrittenUrl } from "./connection-urls.ts";
import { changeTexts, holds } from "./copies.ts";
import type { DatabaseSecret } from "./secret.ts";

/** The most that Secrets Manager stores in one version, in bytes of UTF-8. */
const LARGEST_SECRET = 65_536;

/** What the next version has other values for. */
interface Fields {
  readonly username: string;
  readonly password: string;
  readonly alternateUsername?: string;
}

/**
 * The value of the next version: the same document with some fields replaced, connection URLs under CONNECTION_URL_KEYS
 * rewritten, and everything else kept. A copy of the password under another key is warned of.
 *
 * @throws RotationError `unstorable` when Secrets Manager would refuse it for its size, or when a copy that is to be
 * rewritten cannot be.
 */
export function nextValue(secret: DatabaseSecret, fields: Fields, { settings, log }: Invocation): string {
  const { login } = secret;
  const copies: string[] = [];
  const document = changeTexts(Object(JSON.parse(secret.text, keepSpelling)), (text, path) => {
    const key = path.join(".");
    const next = settings.CONNECTION_URL_KEYS.includes(key) ? rewrittenUrl(text, login, fields) : undefined;
    if (next === undefined && holds(text, login.password)) {
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

/** Numbers keep their spelling: 12345678901234567890 would be stored as another number. */
function keepSpelling(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && source !== undefined ? JSON.rawJSON(source) : value;
}

declare global {
  // The proposal that Node 24 implements and TypeScript 7 does not know yet:
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
