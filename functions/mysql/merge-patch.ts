import type { Attributes } from "./account.ts";

/** RFC 7396, the way ATTRIBUTE changes what an account has: undefined when nothing differs. */
export function mergePatch(from: Attributes, to: Attributes): Attributes | undefined {
  const entries = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap(
    (key): [string, unknown][] => {
      const [before, after] = [from[key], to[key]];
      if (isObject(before) && isObject(after)) {
        const patch = mergePatch(before, after);
        return patch ? [[key, patch]] : [];
      }
      return JSON.stringify(before) === JSON.stringify(after) ? [] : [[key, after ?? null]];
    },
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isObject(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
