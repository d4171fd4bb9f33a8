import type { Dialect } from "../mysql/dialect.ts";
import { mysqlEngine } from "../mysql/engine.ts";
import { mariadbPair } from "./pair/mariadb-pair.ts";
import { MARKER } from "./pair/marker.ts";
import { assertTakesPasswords, changeOwnPassword, window } from "./password.ts";

/** Releases with the old name of the read-only variable. 10.x prefixes its version with 5.5.5- in the greeting. */
const OLD_NAME = /^(5\.5\.5-)?1[01]\./;

export const mariadbDialect: Dialect = {
  names: ["mariadb"],
  longestName: 128 - MARKER.length,
  unsupported: (serverVersion) =>
    !/mariadb/i.test(serverVersion)
      ? 'This function is for MariaDB. MySQL has one of its own: write "engine": "mysql" into the secret.'
      : /^(5\.5\.5-)?(10\.([6-9]|1\d)|1[1-9])\./.test(serverVersion)
        ? undefined
        : "MariaDB can be rotated from version 10.6 on.",
  variables: (serverVersion) => [
    // Without NO_AUTO_CREATE_USER a GRANT to a missing account creates the account without a password.
    "sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_CREATE_USER'",
    `${OLD_NAME.test(serverVersion) ? "tx_read_only" : "transaction_read_only"} = OFF`,
    "max_session_mem_used = 9223372036854775807",
    "old_passwords = 0", // PASSWORD() depends on it.
  ],
  // lock_wait_timeout does not bound changes of accounts. Half of the time, since GET_LOCK may wait for almost as long.
  timeouts: (left) => [`max_statement_time = ${left / 2000}`],
  // It checks passwords, and takes no hashes.
  question:
    "@@strict_password_validation AND EXISTS (SELECT 1 FROM information_schema.PLUGINS " +
    "WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE')",
  assertTakesPasswords,
  window,
  changeOwnPassword,
  pair: mariadbPair,
};

export const mariadb = mysqlEngine(mariadbDialect);
