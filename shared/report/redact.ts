import { AsyncLocalStorage } from "node:async_hooks";

/** Minimum length of a text to redact. A shorter one would be found in ordinary words. */
const SHORTEST = 6;

/**
 * Words of our messages that people use as passwords. Redacting one would make the message unreadable, and would tell every
 * reader that the word is the password.
 */
const COMMON_WORDS = (
  "access account administrator application change connection current database default function manager mariadb master " +
  "network password passwords postgres postgresql PostgreSQL private rotate rotation secret secrets security server " +
  "service support version whatever"
).split(" ");

/** The secrets of one invocation. They are forgotten when it ends. */
interface Known {
  /** For each secret, the names in its own document. They are not redacted even if they contain the secret. */
  readonly secrets: Map<string, Set<string>>;
  /** Names in the event. They are not redacted whatever secret they contain. */
  readonly names: Set<string>;
}

const invocation = new AsyncLocalStorage<Known>();

/** Runs `work`. What it passes to keepSecret is redacted in everything that it calls, and forgotten when it returns. */
export function redacting<T>(work: () => T): T {
  return invocation.run({ secrets: new Map(), names: new Set() }, work);
}

/**
 * Redacts this text in all later log lines and errors of the invocation. A server may repeat it in any answer.
 *
 * @param names names of the same document, which errors and their commands show.
 */
export function keepSecret(text: string, names: readonly string[] = []): void {
  const secrets = invocation.getStore()?.secrets;
  if (secrets && text.length >= SHORTEST) {
    secrets.set(text, new Set([...(secrets.get(text) ?? []), ...names]));
  }
}

/** Keeps this text from being redacted, even if it contains a secret. Not for texts that a secret writer chooses. */
export function keepName(text: string): void {
  invocation.getStore()?.names.add(text);
}

/** Replaces the secrets in a text. Call it before a text is cut off: half a secret would not be found. */
export function redact(text: string): string {
  const { AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = "" } = process.env;
  const known = invocation.getStore();
  const secrets = [...(known?.secrets.keys() ?? []), AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN];
  return secrets
    .filter((secret) => secret.length >= SHORTEST && text.includes(secret))
    .sort(byLength)
    .reduce((hidden, secret) => {
      const names = [...(known?.secrets.get(secret) ?? []), ...(known?.names ?? []), ...COMMON_WORDS];
      return hide(hidden, secret, names.filter((name) => name.includes(secret)).sort(byLength));
    }, text);
}

/** @param names texts to keep even though they contain the secret, the longest first. */
function hide(text: string, secret: string, [name, ...others]: readonly string[]): string {
  return name === undefined
    ? text.replaceAll(secret, () => "(a secret)")
    : text
        .split(name)
        .map((part) => hide(part, secret, others))
        .join(name);
}

function byLength(one: string, other: string): number {
  return other.length - one.length;
}
