/** How many are remembered: many times what one invocation reads. */
const MOST = 64;

/** A shorter one would be found in ordinary words. */
const SHORTEST = 6;

const secrets = new Set<string>();

/** From now on this text is in no log line and no error: a server that knows it may say it in any answer. */
export function keepSecret(text: string): void {
  if (text.length < SHORTEST) {
    return;
  }
  secrets.delete(text);
  secrets.add(text);
  for (const oldest of secrets) {
    if (secrets.size <= MOST) {
      break;
    }
    secrets.delete(oldest);
  }
}

export function redact(text: string): string {
  let safe = text;
  for (const secret of [...secrets, process.env.AWS_SECRET_ACCESS_KEY, process.env.AWS_SESSION_TOKEN]) {
    if (secret !== undefined && secret.length >= SHORTEST) {
      safe = safe.replaceAll(secret, "(a secret)");
    }
  }
  return safe;
}
