import type { Inspection, OwnRotation, SecondPassword, Session } from "../../shared/engine/engine.ts";
import { mysqlPair } from "./pair/mysql-pair.ts";
import type { PairDialect } from "./pair/pair-dialect.ts";
import { assertTakesPasswords, changeOwnPassword, discardSecondPassword, window } from "./password.ts";
import type { MysqlSession } from "./session.ts";

/** Where products that speak MySQL's protocol differ. */
export interface Dialect {
  /** @see Product.names */
  readonly names: readonly string[];
  /** Characters of a user name. */
  readonly longestName: number;
  /** @see Product.longestPassword */
  readonly longestPassword?: number;
  /** Why a server that greets with this version is none of the dialect's, with the remedy. */
  unsupported(greeted: string): string | undefined;
  /** Session variables that every session begins with, besides those that all products have, as assignments. */
  variables(greeted: string): string[];
  /** The same, for statements to end in time. @param left milliseconds until the step's deadline. */
  timeouts(left: number): string[];
  /** An expression that is asked at every login: whether it is 1 is MysqlSession.answer. */
  readonly question: string;
  /** Before the first change: throws if the server does not take a password the way that it will be given one, or warns. */
  assertTakesPasswords(session: MysqlSession): void;
  /** @see Inspection.window. @throws RotationError if the user's account is one that no rotation can change. */
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

/** Before 8.0.21 accounts have no attributes, which the ownership marker is one of. */
const TOO_OLD = /^([0-7]\.|8\.0\.(\d|1\d|20)(\D|$))/;

export const mysqlDialect: Dialect = {
  names: ["mysql", "aurora-mysql"],
  longestName: 32,
  longestPassword: 256,
  unsupported: (greeted) => {
    if (/mariadb/i.test(greeted)) {
      return 'MariaDB has a function of its own: write "engine": "mariadb" into the secret and rotate it with that one.';
    }
    return TOO_OLD.test(greeted) ? "MySQL can be rotated from version 8.0.21 on." : undefined;
  },
  variables: () => [
    "sql_mode = 'STRICT_ALL_TABLES'", // Quoting goes by it. No GRANT of MySQL 8 creates an account.
    "transaction_read_only = OFF",
    "max_execution_time = 0",
    "print_identified_with_as_hex = ON", // Hashes are of any bytes, which would get lost on the way as text.
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
