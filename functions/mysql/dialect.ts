import type { Account } from "./account.ts";
import type { Everything } from "./alignment.ts";
import type { Grant } from "./grants.ts";
import { describe, MARK, UNFINISHED } from "./mysql-account.ts";
import { changeOwnPassword, discardRetainedPassword } from "./own-password.ts";
import type { Identity, Server } from "./session.ts";
import { type AccountName, accountText, literal } from "./sql.ts";

/** Where products that speak MySQL's protocol differ. */
export interface Dialect {
  /** @see Engine.names */
  readonly names: readonly string[];
  /** Characters of a user name. */
  readonly longestName: number;
  /** Why this server is not one of the dialect's, with the remedy. */
  refusal(server: Identity): string | undefined;
  /** @see Session.changeOwnPassword */
  changeOwnPassword(server: Server, password: string): Promise<void>;
  /** @see Session.discardOldPassword */
  discardOldPassword?(
    server: Server,
    whyNot?: () => Promise<string | undefined>,
  ): Promise<string | undefined>;
  /** What ALL PRIVILEGES stands for; a list that lacks some still does. */
  readonly everything: Everything;
  /** Reads an account: as an administrator any, as anybody else one's own. */
  describe(server: Server, name: AccountName): Promise<Account>;
  /**
   * The statements that create an account like another one, but unable to log in, and marked from the beginning:
   * a stranger is what a rotation that died in between would find otherwise.
   */
  create(server: Server, name: AccountName, model: Account, cloneOf: string | undefined): string[];
  /** The clause of ALTER USER that gives an account a password, stored as the model's is. */
  identified(server: Server, password: string, model: Account): string;
  /** How the statement that sets the password ends if it finishes what `create` began. */
  readonly finished?: string;
  /** The number of the error by which the server refuses a password that the account has, or had before. */
  readonly usedBefore: number;
  /** Before the first change: throws if the server will not take a password the way that it will be given one. */
  assertTakesPasswords(server: Server): Promise<void>;
  /** Privileges each of which makes its holder an administrator of all roles. */
  readonly roleAdministrators?: readonly string[];
  /** What the master must hold itself to make an account, or a new one, like the model: the rest is to be granted on. */
  needed(model: Account, account: Account | undefined): readonly Pick<Grant, "privilege" | "on">[];
  /** The statements that turn off what else the accounts let in, if setting the password does not. */
  retire?(names: readonly AccountName[]): string[];
  setDefaultRoles(name: AccountName, roles: readonly string[]): string;
  /** The statements that mark accounts, given as SQL text, as clones of a user. */
  mark(clones: readonly string[], base: string): string[];
  /** The same for an administrator who is not the master, where that takes other statements. All clones there are. */
  markByAnother?(server: Server, clones: readonly string[], base: string): Promise<string[]>;
  /** Before the first change: throws if the master may not mark a clone of the user, with what an administrator runs. */
  assertMayMark?(server: Server, clones: readonly string[], base: string): Promise<void>;
}

const SCHEMA =
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, " +
  "CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, EVENT, TRIGGER";
const TABLE =
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE VIEW, SHOW VIEW, TRIGGER";

export const mysqlDialect: Dialect = {
  names: ["mysql", "aurora-mysql"],
  longestName: 32,
  refusal: ({ version, hasAttributes }) => {
    if (/mariadb/i.test(version)) {
      return 'MariaDB has a function of its own: write "engine": "mariadb" into the secret and rotate it with that one.';
    }
    return hasAttributes ? undefined : "MySQL can be rotated from version 8.0.21 on.";
  },
  changeOwnPassword,
  discardOldPassword: discardRetainedPassword,
  everything: { global: [], schema: SCHEMA.split(", "), table: TABLE.split(", ") },
  describe,
  // The server makes up a password that nobody reads: some policies refuse an account without one.
  create: (_server, name, { plugin, clauses }, cloneOf) => [
    `CREATE USER ${accountText(name)} IDENTIFIED WITH ${literal(plugin)} BY RANDOM PASSWORD ` +
      `${Object.values(clauses).join(" ")} ACCOUNT LOCK ATTRIBUTE ${literal(JSON.stringify({ [MARK]: cloneOf, [UNFINISHED]: true }))}`,
  ],
  finished: ` ATTRIBUTE ${literal(JSON.stringify({ [UNFINISHED]: null }))}`,
  // ER_CREDENTIALS_CONTRADICT_TO_HISTORY.
  usedBefore: 3638,
  assertTakesPasswords: async () => {},
  roleAdministrators: ["ROLE_ADMIN", "SUPER"],
  needed: (_model, account) => [
    { privilege: "CREATE USER", on: "*.*" },
    // MySQL manual, "Account Categories": system accounts are changed by system accounts only.
    ...(account && isSystemAccount(account) ? [{ privilege: "SYSTEM_USER", on: "*.*" }] : []),
  ],
  identified: (_server, password, { plugin }) => `IDENTIFIED WITH ${literal(plugin)} BY ${literal(password)}`,
  retire: (names) => names.map((name) => `ALTER USER ${accountText(name)} DISCARD OLD PASSWORD`),
  setDefaultRoles: (name, roles) =>
    `ALTER USER ${accountText(name)} DEFAULT ROLE ${roles.join(", ") || "NONE"}`,
  mark: (clones, base) =>
    clones.map((clone) => `ALTER USER ${clone} ATTRIBUTE ${literal(JSON.stringify({ [MARK]: base }))}`),
};

function isSystemAccount({ grants }: Account): boolean {
  return grants.has("SYSTEM_USER ON *.*") || grants.has("SYSTEM_USER ON *.* WITH GRANT OPTION");
}
