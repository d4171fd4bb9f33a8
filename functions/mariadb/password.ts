import { hash } from "node:crypto";
import type { OwnRotation } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { begin } from "../mysql/password.ts";
import type { MysqlSession } from "../mysql/session.ts";
import { literal } from "../mysql/sql.ts";
import { propertiesOf } from "./pair/describe.ts";

/** The hash that mysql_native_password stores. The statement has the hash, so the server cannot log the password. */
const hashOf = (password: string) => `*${hash("sha1", hash("sha1", password, "buffer")).toUpperCase()}`;
const inPlaintext = ({ invocation }: MysqlSession) => invocation.settings.PASSWORD_IN_SQL === "plaintext";
const stored = (session: MysqlSession, password: string) =>
  inPlaintext(session) ? `PASSWORD(${literal(password)})` : literal(hashOf(password));

/** Returns the clause of ALTER USER that sets a password. */
export const identified = (session: MysqlSession, password: string) =>
  `IDENTIFIED VIA mysql_native_password USING ${stored(session, password)}`;

/** @see Dialect.assertTakesPasswords */
export function assertTakesPasswords(session: MysqlSession): void {
  if (session.answer && !inPlaintext(session)) {
    throw new RotationError(
      "password-refused",
      "The server checks new passwords with a plugin and takes no hash (strict_password_validation).",
      "Set PASSWORD_IN_SQL=plaintext; logs of statements then have the password in them.",
    );
  }
}

/** @see Dialect.window */
export async function window(session: MysqlSession): Promise<"always"> {
  await propertiesOf(session, session.account);
  return "always";
}

/**
 * A user changes its own password with SET PASSWORD, since ALTER USER needs CREATE USER. SET PASSWORD cannot name the
 * expected password, so the stored one is compared first, inside the lock.
 *
 * @see Session.changeOwnPassword
 */
export async function changeOwnPassword(
  session: MysqlSession,
  next: string,
  rotation: OwnRotation,
): Promise<"ended" | "already"> {
  assertTakesPasswords(session);
  await begin(session, rotation, "refuse");
  const { stored: old = "" } = await propertiesOf(session, session.account);
  if (old === hashOf(next)) {
    return "already";
  }
  if (old !== hashOf(session.login.password)) {
    throw new RotationError("lost-race", "The password has changed since this login.", "Rotate again.");
  }
  await session.renewTimeouts();
  await session.rows(`SET PASSWORD = ${stored(session, next)}`);
  session.invocation.log.warn(
    "The old password has stopped working. The master-user strategy has no unavailability window. A replica that lacks " +
      "the account stops at this change: SET PASSWORD has no IF EXISTS.",
  );
  return "ended";
}
