import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { RotationError } from "../../shared/report/errors.ts";
import type { Settings } from "../../shared/secret/settings.ts";
import type { Sql } from "./sql.ts";

/**
 * The most that is done for a server which asks for it, at login and for a verifier: a second or two with the share of a
 * processor that the function has. PostgreSQL's default is 4096.
 */
export const MOST_ITERATIONS = 1_000_000;

const derive = promisify(pbkdf2);

/**
 * `PASSWORD '…'` with what PostgreSQL stores instead of a password. It is made here, so that the password itself is
 * in no statement, and so in no server log, whatever log_statement says. It follows the server's settings for new
 * passwords: password_encryption, which is md5 where clients know nothing better, and scram_iterations, which
 * exists since PostgreSQL 16.
 */
export async function passwordClause(
  sql: Sql,
  username: string,
  password: string,
  { PASSWORD_IN_SQL }: Settings,
): Promise<string> {
  if (PASSWORD_IN_SQL === "plaintext") {
    return `PASSWORD ${sql.escapeLiteral(password)}`;
  }
  const { rows } = await sql.query(
    `SELECT pg_catalog.current_setting('password_encryption') AS encryption,
            pg_catalog.current_setting('scram_iterations', true) AS iterations`,
  );
  const { encryption, iterations } = rows[0] ?? {};
  const stored =
    encryption === "md5" ? md5(username, password) : await scramSha256(password, Number(iterations ?? 4096));
  return `PASSWORD ${sql.escapeLiteral(stored)}`;
}

/** RFC 5802 and 7677; the format is that of pg_authid.rolpassword, PostgreSQL manual, section 52.8. */
async function scramSha256(password: string, iterations: number): Promise<string> {
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS) {
    throw new RotationError(
      "unsupported",
      `The server's scram_iterations is not a number from 1 to ${MOST_ITERATIONS}.`,
      "ALTER ROLE or ALTER DATABASE … SET scram_iterations, or postgresql.conf, has set it: make it smaller there.",
    );
  }
  const salt = randomBytes(16);
  const salted = await derive(password, salt, iterations, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

function md5(username: string, password: string): string {
  return `md5${createHash("md5").update(password).update(username).digest("hex")}`;
}

/** PostgreSQL takes such a text for the stored form of a password. */
export function looksStored(password: string): boolean {
  return /^md5[0-9a-f]{32}$/.test(password) || password.startsWith("SCRAM-SHA-256$");
}

/** SCRAM prepares other characters in ways (RFC 4013) that clients implement differently, or not at all. */
export function isPrintableAscii(password: string): boolean {
  return /^[\x20-\x7e]+$/.test(password);
}
