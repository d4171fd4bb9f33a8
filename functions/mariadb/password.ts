import { hash } from "node:crypto";
import { RotationError } from "../../shared/report/errors.ts";
import { byItself } from "../mysql/own-password.ts";
import { patience, type Server } from "../mysql/session.ts";
import { literal } from "../mysql/sql.ts";
import { propertiesOf } from "./account.ts";

/** What mysql_native_password stores. Servers take it for the password, and then have nothing else to log. */
const hashOf = (password: string) => `*${hash("sha1", hash("sha1", password, "buffer")).toUpperCase()}`;
const inClear = ({ invocation }: Server) => invocation.settings.PASSWORD_IN_SQL === "plaintext";
const stored = (server: Server, password: string) =>
  inClear(server) ? `PASSWORD(${literal(password)})` : literal(hashOf(password));
export const identified = (server: Server, password: string) =>
  `IDENTIFIED VIA mysql_native_password USING ${stored(server, password)}`;

export async function assertTakesPasswords(server: Server): Promise<void> {
  // lock_wait_timeout is not for those who wait to change an account. PASSWORD() goes by old_passwords.
  const seconds = patience(server.invocation.deadline);
  await server.rows(`SET SESSION max_statement_time = ${seconds}, SESSION old_passwords = 0`);
  const checks = await server.rows(
    `SELECT 1 FROM information_schema.PLUGINS
      WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE' AND @@strict_password_validation`,
  );
  if (checks.length > 0 && !inClear(server)) {
    const what =
      "The server checks new passwords with a plugin and takes no hash (strict_password_validation).";
    const remedy = "Set PASSWORD_IN_SQL=plaintext; logs of statements then have the password in them.";
    throw new RotationError("password-refused", what, remedy);
  }
}

/** Users change their own account with SET PASSWORD, and that alone: ALTER USER takes CREATE USER. */
export const changeOwnPassword = (server: Server, password: string) =>
  byItself(server, async () => {
    await assertTakesPasswords(server);
    const { stored: old = "" } = await propertiesOf(server, server.account);
    if (![hashOf(password), hashOf(server.login.password)].includes(old)) {
      throw new RotationError("lost-race", "The password has changed since this login.", "Rotate again.");
    }
    if (old !== hashOf(password)) {
      await server.rows(`SET PASSWORD = ${stored(server, password)}`);
      server.invocation.log.warn(
        "The old password has stopped working. The master-user strategy has no such gap.",
      );
    }
  });
