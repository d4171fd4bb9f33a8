import type { Finding, Ownership, Pair, Taking } from "../../../shared/engine/pair.ts";
import { joinStatements } from "../../../shared/report/safe-text.ts";
import { accountText } from "../sql.ts";
import type { Account } from "./account.ts";
import { lacking } from "./admin-privileges.ts";
import { statements } from "./alignment.ts";
import type { PairFacts } from "./facts.ts";
import { grantText } from "./grants.ts";
import type { Marking, PairDialect } from "./pair-dialect.ts";

/** Users that the server or its operator creates. */
const RESERVED = ["mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys", "root", "rdsadmin"];

/** Returns the input of the take-over rule. */
export function ownershipOf(facts: PairFacts, pair: Pair, dialect: PairDialect): Ownership {
  const [accounts, base] = cloneSide(facts, pair);
  const isMarked = accounts.length > 0 && accounts.every(({ cloneOf }) => cloneOf === base);
  const [others, clone] =
    pair.clone === "alternate" ? [facts.current, pair.alternate] : [facts.alternate, pair.current];
  const reversed = others.filter(({ cloneOf }) => pair.clone !== undefined && cloneOf === clone);
  const findings = dialect.markerFindings?.(facts, pair);
  const marked = pair.clone ? "clone" : "partner";
  // If the secret names both users, each is marked as the partner of the other.
  const due = [marking(accounts, base), ...(pair.clone ? [] : [marking(facts.current, pair.alternate)])];
  return {
    exists: facts.alternate.length > 0,
    reserved: RESERVED.includes(pair.alternate),
    marker: isMarked ? marked : reversed.length > 0 ? "reversed" : undefined,
    gains: [...notRevocable(facts, dialect), ...(findings?.gains ?? [])],
    outsiders: [...outsiders(facts, pair), ...(findings?.outsiders ?? [])],
    mark: joinStatements(due.flatMap((one) => dialect.markByAdministrator(one, facts))),
    ...(reversed.length > 0 && { unmark: joinStatements(dialect.unmark(marking(reversed, clone))) }),
  };
}

/** Returns the accounts of the clone, by its name, and the base user. If the secret names both, the alternate user's. */
function cloneSide({ current, alternate }: PairFacts, pair: Pair): [readonly Account[], base: string] {
  return pair.clone === "current" ? [current, pair.alternate] : [alternate, pair.current];
}

function marking(accounts: readonly Account[], base: string): Marking {
  return { clones: accounts.map(({ name }) => name), base };
}

/**
 * Returns what the plan has to mark before its other changes. After a crash in between, nothing else would show that the user
 * belongs to this secret. If the secret names both users, only a new one is marked: several teams may know the password of
 * a shared account.
 */
export function neededMarking(facts: PairFacts, pair: Pair, taking: Taking): Marking | undefined {
  const [accounts, base] = cloneSide(facts, pair);
  const unmarked = accounts.filter(({ cloneOf }) => pair.clone && taking !== "marked" && cloneOf !== base);
  const isCreated = pair.clone !== "current" && facts.counterparts.some(({ existing }) => !existing);
  return isCreated || unmarked.length > 0 ? marking(unmarked, base) : undefined;
}

/** Returns accounts that may act as the alternate user, but not as the base user. */
export function outsiders(facts: PairFacts, { current, alternate, clone }: Pair): Finding[] {
  const controllersOfCurrent = controllersOf(current, facts);
  const controllersOfAlternate = clone === "current" ? [] : [...controllersOf(alternate, facts)];
  return controllersOfAlternate
    .filter(([key]) => !controllersOfCurrent.has(key))
    .map(([, finding]) => finding);
}

/** Returns accounts that may act as the user, with the privilege and the host. @param by only accounts of this user. */
export function controllersOf(user: string, { rows }: PairFacts, by?: string): Map<string, Finding> {
  return new Map(
    rows
      .filter(
        ([kind = "", name, , over]) =>
          ["role", "PROXY"].includes(kind) && over === user && name === (by ?? name),
      )
      .map(([kind, name = "", host = "", , userHost = ""]) => {
        const [holder, over] = [accountText({ user: name, host }), accountText({ user, host: userHost })];
        return [
          `${kind} ${holder} ${userHost}`,
          {
            what: `the account ${holder} may act as ${over} (by ${kind})`,
            remedy: `REVOKE ${kind === "role" ? "" : "PROXY ON "}${over} FROM ${holder}`,
          },
        ];
      }),
  );
}

/**
 * Returns grants of the alternate user that the current user lacks and the admin user may not revoke. REVOKE ALL PRIVILEGES
 * would remove them, too, but for a moment also the privileges that the alternate user's sessions need.
 */
function notRevocable({ counterparts, adminGrants }: PairFacts, dialect: PairDialect): Finding[] {
  return counterparts.flatMap(({ name, existing, revokes }) =>
    lacking(existing ? revokes : [], adminGrants, dialect).map((grant) => ({
      what: grantText(grant),
      remedy: joinStatements(
        statements("REVOKE", [grant], accountText(name)).map(({ statement }) => statement),
      ),
    })),
  );
}
