import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const answers = new Map<string, boolean>();

/** Whether a password is the one that PostgreSQL stores as this verifier (RFC 5803). */
export function knows(verifier: string | null, password: string): boolean {
  const [, iterations, salt = "", stored] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier ?? "") ?? [];
  if (stored === undefined) return false;
  const key = `${verifier} ${password}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
  const client = createHmac("sha256", salted).update("Client Key").digest();
  const answer = createHash("sha256").update(client).digest("base64") === stored;
  answers.set(key, answer);
  return answer;
}
