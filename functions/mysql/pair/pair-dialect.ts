import type { Change, Ownership, Pair } from "../../../shared/engine/pair.ts";
import type { Explanation } from "../../../shared/report/errors.ts";
import type { MysqlSession } from "../session.ts";
import type { AccountName } from "../sql.ts";
import type { Account } from "./account.ts";
import type { Everything } from "./alignment.ts";
import type { PairFacts } from "./facts.ts";
import type { Grant } from "./grants.ts";

/** A change of a plan, with what a person is not shown. */
export interface Step extends Change {
  /** The statement to run, if the one that is shown has placeholders. */
  run?(password: string, session: MysqlSession): string;
  /** What the statement grants on or revokes from whom, as SQL text. */
  readonly grant?: { readonly on: string; readonly account: string };
  /** The user whose password the statement sets. */
  readonly username?: string;
}

/** Accounts that are or shall be marked as clones, or partners, of a user. */
export interface Marking {
  readonly clones: readonly AccountName[];
  readonly base: string;
}

/** Where products that speak MySQL's protocol differ about two users. */
export interface PairDialect {
  readonly everything: Everything;
  /**
   * Reads an account: as the admin user any, as any other user one's own.
   *
   * @param partner the other user of the pair: the one that an ownership marker may name.
   * @param own as a user that may carry the marker; the session is of no other use after that.
   */
  describe(session: MysqlSession, name: AccountName, partner: string, own?: boolean): Promise<Account>;
  /** SELECTs of six columns for the one query of facts, among them `second`: user and host. @param users a list for IN. */
  facts(users: string, pair: Pair): string[];
  /** The condition, and a SELECT of User, Host and the role as the server prints it: who may grant which roles. */
  readonly roleGrantors: string;
  /** Creates an account with a random password that is not stored. The same statement sets its ownership marker, so that no crash comes between. */
  create(name: AccountName, model: Account, cloneOf: string | undefined): Step;
  /** Ends the accounts' second passwords, if there are any, then sets the password. */
  password(accounts: readonly AccountName[], model: Account, hasSecond: boolean): Step[];
  /** What the admin user must hold to make an account, or a new one, like the model: the rest is to be granted on. */
  needed(model: Account, account: Account | undefined): readonly Grant[];
  /** Privileges each of which makes its holder an administrator of all roles. */
  readonly roleAdministrators: readonly string[];
  setDefaultRoles(name: AccountName, roles: readonly string[]): string;
  mark(marking: Marking): string[];
  unmark(marking: Marking): string[];
  /** Statements like those of `mark`, for an administrator to run. */
  markByAdministrator(marking: Marking, facts: PairFacts): string[];
  /** Why the admin user may not mark a clone of the user. */
  mayNotMark?(marking: Marking, facts: PairFacts, pair: Pair): Explanation | undefined;
  /** What the ownership markers themselves have that they must not. */
  markerFindings?(facts: PairFacts, pair: Pair): Pick<Ownership, "gains" | "outsiders">;
}
