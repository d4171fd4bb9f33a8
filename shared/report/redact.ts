import { AsyncLocalStorage } from "node:async_hooks";

/** A shorter one would be found in ordinary words. */
const SHORTEST = 6;

/**
 * Words of our own sentences that people choose as passwords: "(a secret)" in place of one would take the sense from an
 * error, and tell everybody the password.
 */
const OUR_WORDS = (
  "access account administrator application change connection current database default function manager mariadb master " +
  "network password passwords postgres postgresql PostgreSQL private rotate rotation secret secrets security server " +
  "service support version whatever"
).split(" ");

/** What one invocation knows, and what is forgotten with it. */
interface Known {
  /** For each secret the names of its own document, which stay whole though the secret is a part of them. */
  readonly secrets: Map<string, Set<string>>;
  /** Names of the event: they stay whole whatever secret is a part of them. */
  readonly names: Set<string>;
}

const invocation = new AsyncLocalStorage<Known>();

/** Whatever `work` keeps secret is known to all that it calls, to nothing else, and not after it. */
export function redacting<T>(work: () => T): T {
  return invocation.run({ secrets: new Map(), names: new Set() }, work);
}

/**
 * From now on this text is in no log line and no error of the invocation: a server that knows it may repeat it in any
 * answer.
 *
 * @param names of the same document: errors, and the commands in them, name them.
 */
export function keepSecret(text: string, names: readonly string[] = []): void {
  const secrets = invocation.getStore()?.secrets;
  if (secrets && text.length >= SHORTEST) {
    secrets.set(text, new Set([...(secrets.get(text) ?? []), ...names]));
  }
}

/** From now on this text stays whole, though a secret is a part of it. Not for what a secret writer chooses. */
export function keepName(text: string): void {
  invocation.getStore()?.names.add(text);
}

/** To be called before a text is cut off: half a secret is found no more. */
export function redact(text: string): string {
  const { AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = "" } = process.env;
  const known = invocation.getStore();
  const secrets = [...(known?.secrets.keys() ?? []), AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN];
  return secrets
    .filter((secret) => secret.length >= SHORTEST && text.includes(secret))
    .sort(byLength)
    .reduce((hidden, secret) => {
      const names = [...(known?.secrets.get(secret) ?? []), ...(known?.names ?? []), ...OUR_WORDS];
      return hide(hidden, secret, names.filter((name) => name.includes(secret)).sort(byLength));
    }, text);
}

/** @param names that stay whole, though the secret is a part of them; the longest first. */
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
