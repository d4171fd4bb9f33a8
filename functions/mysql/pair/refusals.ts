import type { Finding, Pair } from "../../../shared/engine/pair.ts";
import type { Explanation, Reason } from "../../../shared/report/errors.ts";
import { joinStatements } from "../../../shared/report/safe-text.ts";
import { accountText, literal } from "../sql.ts";
import type { Account } from "./account.ts";
import { covers, has, lacking, toGrant } from "./admin-privileges.ts";
import { statements } from "./alignment.ts";
import { counterpartOf, differencesOf } from "./counterpart.ts";
import { type PairFacts, rowsOf } from "./facts.ts";
import { asGrants, type Grant, grantText } from "./grants.ts";
import { controllersOf, outsiders } from "./ownership.ts";
import type { Marking, PairDialect } from "./pair-dialect.ts";

/**
 * Yields why nothing can be planned, even if the alternate user belongs to the secret. Only the first refusal is used.
 *
 * @param marking the accounts that the plan would mark.
 */
export function* refusals(
  facts: PairFacts,
  pair: Pair,
  dialect: PairDialect,
  marking: Marking | undefined,
): Generator<Explanation, void> {
  const { current, alternate, counterparts } = facts;
  const [model] = current;
  if (model === undefined) {
    yield refused(
      "unsupported",
      `There is no user ${pair.current}.`,
      "Put a user that exists into the secret.",
    );
    return;
  }
  for (const { name, locked } of [...current, ...alternate]) {
    const account = accountText(name);
    // An account on another host would keep a password that is in no secret.
    if (!current.some((one) => one.name.host === name.host)) {
      yield refused(
        "unsupported",
        `The user ${pair.alternate} exists on the host ${literal(name.host)}, and ${pair.current} does not.`,
        `Drop the account ${account}, or create ${pair.current} on that host too.`,
      );
    }
    if (locked) {
      yield refused(
        "account-locked",
        `The account ${account} is locked, and a rotation never unlocks an account.`,
        `To allow logins again, run as an administrator: ALTER USER ${account} ACCOUNT UNLOCK`,
      );
    }
  }
  for (const other of current) {
    // A client's address decides which account it gets, and AWSCURRENT has logged in as one of them. All clones get the new
    // password, so no account on another host may have more privileges than that one.
    const [difference = other.hash === model.hash ? undefined : "has another password, unlike"] =
      differencesOf(counterpartOf(model, other.name, other, dialect));
    if (difference) {
      yield refused(
        "unsupported",
        `The user has several accounts that differ: ${accountText(other.name)} ${difference}, ${accountText(model.name)}.`,
        "Make them alike, drop those that no client needs, or give them users of their own.",
      );
    }
  }
  const isCreated = counterparts.some(({ existing }) => !existing);
  yield* found("privilege-mismatch", "The two users of the pair cannot be alike", [
    ...controllersOf(pair.alternate, facts, pair.current).values(),
  ]);
  yield* found(
    "user-not-owned",
    `The user ${pair.alternate} is not created, since others would have power over it at once`,
    isCreated ? outsiders(facts, pair) : [],
  );
  const defined = rowsOf(facts, "definer").map(([what = ""]) => what);
  if (defined.length > 0) {
    yield refused(
      "user-not-owned",
      `The user ${pair.alternate} is to be created, and is already the DEFINER of ${joinStatements(defined)}.`,
      "They would run with its rights: drop them, or create them again with another DEFINER.",
    );
  }
  const markingRefusal = marking && dialect.mayNotMark?.(marking, facts, pair);
  if (markingRefusal) {
    yield markingRefusal;
  }
  yield* ungrantable(facts, pair, dialect);
  yield* missingPrivileges(facts, model, dialect);
}

function refused(reason: Reason, cause: string, remedy: string): Explanation {
  return { reason, cause, remedy };
}

function* found(reason: Reason, what: string, findings: readonly Finding[]): Generator<Explanation, void> {
  if (findings.length > 0) {
    yield refused(
      reason,
      `${what}: ${findings.map((one) => one.what).join(", ")}.`,
      run(findings.map(({ remedy }) => ({ statement: remedy }))),
    );
  }
}

function run(changes: readonly { readonly statement: string }[]): string {
  return `Run as an administrator: ${joinStatements([...new Set(changes.map(({ statement }) => statement))])}`;
}

/**
 * Yields grants that make the two users differ and that no privilege of the admin user cures. An account with GRANT OPTION on
 * a schema of its own can grant it to any user, and grants on columns outlive the columns. A REVOKE ends them.
 */
function* ungrantable(facts: PairFacts, pair: Pair, dialect: PairDialect): Generator<Explanation, void> {
  const trusted = [pair.current, pair.alternate, facts.admin.user];
  const grantors = rowsOf(facts, "grantable").filter(([user = ""]) => !trusted.includes(user));
  const columns = rowsOf(facts, "column").map(([on, name]) => `${on} ${name}`);
  const found = facts.counterparts.flatMap(({ grants }) => {
    const missing = lacking(grants, facts.adminGrants, dialect);
    return grants.flatMap((grant) => {
      const [, column] = /\((.*)\)$/s.exec(grant.privilege) ?? [];
      if (column !== undefined && !missing.includes(grant) && !columns.includes(`${grant.on} ${column}`)) {
        return [{ grant, what: `${grantText(grant)}, a column that does not exist` }];
      }
      const by = missing.includes(grant) && grantors.find(([, , on = ""]) => mayHaveGranted(on, grant));
      const name = by ? accountText({ user: by[0] ?? "", host: by[1] ?? "" }) : "";
      return by ? [{ grant, what: `${grantText(grant)}, which ${name} may have granted` }] : [];
    });
  });
  if (found.length > 0) {
    const grants = found.map(({ grant }) => grant);
    const revokes = facts.current.flatMap(({ name }) => statements("REVOKE", grants, accountText(name)));
    yield refused(
      "privilege-mismatch",
      `The user ${pair.current} has what the master user may not grant to ${pair.alternate}: ` +
        `${[...new Set(found.map(({ what }) => what))].join("; ")}.`,
      `${run(revokes)} - if ${pair.current} is to keep it, grant the same to ` +
        `${pair.alternate}, once the column exists again.`,
    );
  }
}

function mayHaveGranted(on: string, grant: Grant): boolean {
  if (grant.privilege === "PROXY") {
    return on === `PROXY ${grant.on.replace(/['`]/g, "")}`;
  }
  return grant.on === "" ? on === grant.privilege : covers(on, grant.on);
}

/** Yields privileges that the admin user lacks for the changes, before the first change. */
function* missingPrivileges(
  facts: PairFacts,
  model: Account,
  dialect: PairDialect,
): Generator<Explanation, void> {
  const { counterparts, admin, adminGrants } = facts;
  const needs = counterparts.flatMap(({ existing, grants, revokes }) => [
    ...[...grants, ...revokes].map(toGrant),
    ...dialect.needed(model, existing),
  ]);
  const missing = [...asGrants(needs).values()].filter(
    (need) => adminGrants && !has(adminGrants, need, dialect),
  );
  if (missing.length > 0) {
    yield refused(
      "missing-privilege",
      `The master user ${admin.user} may not prepare the alternate user.`,
      run(statements("GRANT", missing, accountText(admin))),
    );
  }
}
