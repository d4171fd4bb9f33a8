import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Settings } from "../../shared/settings.ts";
import type { Sql } from "./sql.ts";

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
    encryption === "md5" ? md5(username, password) : scramSha256(password, Number(iterations ?? 4096));
  return `PASSWORD ${sql.escapeLiteral(stored)}`;
}

/** RFC 5802 and 7677; the format is that of pg_authid.rolpassword, PostgreSQL manual, section 52.8. */
function scramSha256(password: string, iterations: number): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
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
