import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { OwnRotation } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { withRoleLock } from "./lock.ts";
import type { PostgresSession } from "./session.ts";
import { id, literal } from "./sql.ts";

/** At most this many are computed at login and for a verifier: one or two seconds with the function's share of a CPU. */
export const MAXIMUM_ITERATIONS = 1_000_000;

/** PostgreSQL's default. */
const MINIMUM_ITERATIONS = 4096;

const derive = promisify(pbkdf2);

/** Changes the password of the session's user. The change is committed after `confirm`; until then it is only a lock. */
export async function changeOwnPassword(
  session: PostgresSession,
  next: string,
  { confirm }: Pick<OwnRotation, "confirm">,
): Promise<"ended"> {
  const { username } = session.identity;
  const change = `SET LOCAL ROLE NONE; ALTER ROLE ${id(username)} PASSWORD ${await storedForm(session, username, next)}`;
  await withRoleLock(session, [username], { statement: change, mayFail: false }, confirm);
  return "ended";
}

/**
 * Returns the literal that follows PASSWORD in a statement: a verifier, so that no statement and no server log has the
 * password, whatever log_statement is. Every password line of pg_hba.conf accepts a SCRAM verifier. An md5 verifier, which
 * scram-sha-256 lines refuse, is used only if the server asked this login for md5 and password_encryption is md5.
 *
 * The first argument is a session of the current user: its login shows what the server asks for.
 */
export async function storedForm(
  { passwords, invocation }: Pick<PostgresSession, "passwords" | "invocation">,
  username: string,
  password: string,
): Promise<string> {
  if (invocation.settings.PASSWORD_IN_SQL === "plaintext") {
    return literal(password);
  }
  const usesMd5 = passwords.askedForMd5 && passwords.encryption === "md5";
  const md5 = `md5${createHash("md5").update(password).update(username).digest("hex")}`;
  return literal(usesMd5 ? md5 : await scramSha256(password, passwords.iterations));
}

/** RFC 5802 and 7677; the format is that of pg_authid.rolpassword, PostgreSQL manual, section 52.8. */
async function scramSha256(password: string, requested: number): Promise<string> {
  if (!Number.isInteger(requested) || requested < 1 || requested > MAXIMUM_ITERATIONS) {
    throw new RotationError(
      "unsupported",
      `The server's scram_iterations is not a number from 1 to ${MAXIMUM_ITERATIONS}.`,
      "ALTER ROLE or ALTER DATABASE … SET scram_iterations, or postgresql.conf, has set it: make it smaller there.",
    );
  }
  // The owner of a database may set a lower number for it, which would weaken the passwords of other teams.
  const iterations = Math.max(requested, MINIMUM_ITERATIONS);
  const salt = randomBytes(16);
  const salted = await derive(password, salt, iterations, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/**
 * PostgreSQL treats a password that looks like a stored md5 or SCRAM password as one. Clients differ in how they prepare
 * characters other than printable ASCII for SCRAM (RFC 4013).
 */
export function isUsable(password: string): boolean {
  return /^(?!md5[0-9a-f]{32}$|SCRAM-SHA-256\$)[\x20-\x7e]+$/.test(password);
}
