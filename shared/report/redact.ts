/** How many are remembered: many times what one invocation reads. */
const MOST = 64;

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

const secrets = new Set<string>();
const names = new Set<string>();

/** From now on this text is in no log line and no error: a server that knows it may say it in any answer. */
export function keepSecret(text: string): void {
  if (text.length >= SHORTEST) {
    remember(secrets, text);
  }
}

/** From now on this text stays whole, though a secret is a part of it: errors and the commands in them name it. */
export function keepName(text: string): void {
  remember(names, text);
}

function remember(texts: Set<string>, text: string): void {
  texts.delete(text);
  texts.add(text);
  for (const oldest of texts) {
    if (texts.size <= MOST) {
      break;
    }
    texts.delete(oldest);
  }
}

/** To be called before a text is cut off: half a secret is found no more. */
export function redact(text: string): string {
  const { AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = "" } = process.env;
  const known = [...secrets, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN];
  const hidden = known.filter((secret) => secret.length >= SHORTEST && text.includes(secret));
  // A name without a secret in it could take the first letters of one with it.
  const left = [...names, ...OUR_WORDS].filter((name) => hidden.some((secret) => name.includes(secret)));
  if (hidden.length === 0) {
    return text;
  }
  const longestFirst = [...new Set([...left, ...hidden])].sort((one, other) => other.length - one.length);
  return replaceEach(text, longestFirst, (found) => (left.includes(found) ? found : "(a secret)"));
}

/**
 * Not by a regular expression, of which there are none as long as a password may be.
 *
 * @param wanted where two begin at the same place, the former counts.
 */
function replaceEach(text: string, wanted: readonly string[], by: (found: string) => string): string {
  const places = new Map(wanted.map((one) => [one, text.indexOf(one)]));
  const parts: string[] = [];
  for (let done = 0; ; ) {
    let next: { one: string; place: number } | undefined;
    for (const [one, known] of places) {
      const place = known === -1 || known >= done ? known : text.indexOf(one, done);
      places.set(one, place);
      if (place !== -1 && (next === undefined || place < next.place)) {
        next = { one, place };
      }
    }
    if (next === undefined) {
      return parts.join("") + text.slice(done);
    }
    parts.push(text.slice(done, next.place), by(next.one));
    done = next.place + next.one.length;
  }
}
