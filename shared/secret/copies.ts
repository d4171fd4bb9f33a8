import { secretKeys } from "./secret-document.ts";

/** Returns the new text of a key. The path of `urls.primary` is ["urls", "primary"]. */
type Change = (text: string, path: readonly string[]) => string;

/** Applies a change to all texts of a document, except under the keys that rotation functions read. */
export function changeTexts(document: object, change: Change): object {
  const entries = Object.entries(document).map(([key, value]): [string, unknown] => [
    key,
    Object.hasOwn(secretKeys, key) ? value : changed(value, [key], change),
  ]);
  return Object.fromEntries(entries);
}

function changed(value: unknown, path: readonly string[], change: Change): unknown {
  if (typeof value === "string") {
    return change(value, path);
  }
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) {
    return value;
  }
  const entries = Object.entries(value).map(([key, one]) => [key, changed(one, [...path, key], change)]);
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

/** Minimum length of a password to look for. A shorter one would be found in ordinary words. */
const SHORTEST = 6;

/** Maximum levels of encoding, such as JSON in base64 in a URL. */
const MAXIMUM_DEPTH = 3;

/** Whether a text contains the password: plain, percent-encoded, escaped, in JSON or in base64. */
export function containsCopy(text: string, password: string, levels = MAXIMUM_DEPTH): boolean {
  return (
    password.length >= SHORTEST &&
    (text.includes(password) ||
      (levels > 0 &&
        decoded(text).some((other) => other !== text && containsCopy(other, password, levels - 1))))
  );
}

/** Base64 of either alphabet, of at least the shortest password. */
const BASE64 = /[A-Za-z0-9+/_-]{8,}/g;

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#39": "'" };

function decoded(text: string): string[] {
  const bytes = (code: string) => Buffer.from(code.replaceAll("%", ""), "hex").toString();
  return [
    text.replace(/(%[0-9a-f]{2})+/gi, bytes),
    text.replaceAll("+", " "),
    text.replace(/\\u([0-9a-f]{4})/gi, (_all, code) => String.fromCharCode(Number.parseInt(code, 16))),
    text.replace(/\\(.)/g, "$1"),
    text.replace(/(['"])\1/g, "$1"),
    text.replace(/&(amp|lt|gt|quot|apos|#39);/g, (all, name) => ENTITIES[name] ?? all),
    ...(text.match(BASE64) ?? []).map((code) => Buffer.from(code, "base64").toString()),
  ];
}
