import type { Inspection, OwnRotation, SecondPassword, Session } from "../../shared/engine/engine.ts";
import { mysqlPair } from "./pair/mysql-pair.ts";
import type { PairDialect } from "./pair/pair-dialect.ts";
import { assertTakesPasswords, changeOwnPassword, discardSecondPassword, window } from "./password.ts";
import type { MysqlSession } from "./session.ts";

/** Differences between products that speak MySQL's protocol. */
export interface Dialect {
  /** @see Product.names */
  readonly names: readonly string[];
  /** Characters of a user name. */
  readonly longestName: number;
  /** @see Product.longestPassword */
  readonly longestPassword?: number;
  /** Returns why a server with this version is not supported, with the remedy; undefined if it is. */
  unsupported(serverVersion: string): string | undefined;
  /** Assignments of session variables for the start of every session, besides those of all products. */
  variables(serverVersion: string): string[];
  /** Assignments of the timeouts. @param left milliseconds until the step's deadline. */
  timeouts(left: number): string[];
  /** An SQL expression, evaluated at every login. MysqlSession.answer is whether it is 1. */
  readonly question: string;
  /** Throws or warns if the server cannot get a password in the form that PASSWORD_IN_SQL demands. Called before any change. */
  assertTakesPasswords(session: MysqlSession): void;
  /** @see Inspection.window. @throws RotationError if no rotation can change the user's account. */
  window(session: MysqlSession): Promise<Inspection["window"]>;
  /** @see Session.changeOwnPassword */
  changeOwnPassword(
    session: MysqlSession,
    next: string,
    rotation: OwnRotation,
  ): ReturnType<Session["changeOwnPassword"]>;
  readonly secondPassword?: SecondPassword<MysqlSession>;
  readonly pair: PairDialect;
}

/** Before 8.0.21 accounts have no attributes, and so no ownership marker. */
const TOO_OLD = /^([0-7]\.|8\.0\.(\d|1\d|20)(\D|$))/;

export const mysqlDialect: Dialect = {
  names: ["mysql", "aurora-mysql"],
  longestName: 32,
  longestPassword: 256,
  unsupported: (serverVersion) => {
    if (/mariadb/i.test(serverVersion)) {
      return 'MariaDB has a function of its own: write "engine": "mariadb" into the secret and rotate it with that one.';
    }
    return TOO_OLD.test(serverVersion) ? "MySQL can be rotated from version 8.0.21 on." : undefined;
  },
  variables: () => [
    "sql_mode = 'STRICT_ALL_TABLES'", // Quoting depends on it. No GRANT of MySQL 8 creates an account.
    "transaction_read_only = OFF",
    "max_execution_time = 0",
    "print_identified_with_as_hex = ON", // A hash has bytes that are lost if it is sent as text.
    "generated_random_password_length = 64",
  ],
  timeouts: () => [],
  question: "@@GLOBAL.log_raw",
  assertTakesPasswords,
  window,
  changeOwnPassword,
  secondPassword: { discard: discardSecondPassword },
  pair: mysqlPair,
};
