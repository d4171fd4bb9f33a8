import type { Change, Ownership, Pair } from "../../../shared/engine/pair.ts";
import type { Explanation } from "../../../shared/report/errors.ts";
import type { MysqlSession } from "../session.ts";
import type { AccountName } from "../sql.ts";
import type { Account } from "./account.ts";
import type { Everything } from "./alignment.ts";
import type { PairFacts } from "./facts.ts";
import type { Grant } from "./grants.ts";

/** A change of a plan, with the parts that are not shown. */
export interface Step extends Change {
  /** Returns the statement to execute, if the shown one has placeholders. */
  run?(password: string, session: MysqlSession): string;
  /** The object that the statement grants or revokes, and the account, as SQL text. */
  readonly grant?: { readonly on: string; readonly account: string };
  /** The user whose password the statement sets. */
  readonly username?: string;
}

/** Accounts that are, or have to be, marked as clones or partners of a user. */
export interface Marking {
  readonly clones: readonly AccountName[];
  readonly base: string;
}

/** Differences between products that speak MySQL's protocol, for the master-user strategy. */
export interface PairDialect {
  readonly everything: Everything;
  /**
   * Reads an account. The admin user may read any account, another user its own.
   *
   * @param partner the other user of the pair, which an ownership marker may name.
   * @param own whether the session's user reads its own marker. The session can be used for nothing else afterward.
   */
  describe(session: MysqlSession, name: AccountName, partner: string, own?: boolean): Promise<Account>;
  /** SELECTs of six columns for the query of facts, among them `second` (user, host). @param users a list for IN. */
  facts(users: string, pair: Pair): string[];
  /** A SELECT of the accounts that may grant roles: User, Host and the role as the server prints it. */
  readonly roleGrantors: string;
  /** Creates an account with a random password that is not stored, and its ownership marker in the same statement. */
  create(name: AccountName, model: Account, cloneOf: string | undefined): Step;
  /** Turns off the accounts' second passwords if they have any, then sets the password. */
  password(accounts: readonly AccountName[], model: Account, hasSecond: boolean): Step[];
  /** Returns what the admin user needs to make an account equal to the model, besides the privileges that it grants. */
  needed(model: Account, account: Account | undefined): readonly Grant[];
  /** Privileges that each allow their holder to administer all roles. */
  readonly roleAdministrators: readonly string[];
  setDefaultRoles(name: AccountName, roles: readonly string[]): string;
  mark(marking: Marking): string[];
  unmark(marking: Marking): string[];
  /** Returns the statements of `mark` for an administrator. */
  markByAdministrator(marking: Marking, facts: PairFacts): string[];
  /** Returns why the admin user may not mark a clone of the user; undefined if it may. */
  mayNotMark?(marking: Marking, facts: PairFacts, pair: Pair): Explanation | undefined;
  /** Returns privileges and members that the ownership markers must not have. */
  markerFindings?(facts: PairFacts, pair: Pair): Pick<Ownership, "gains" | "outsiders">;
}
