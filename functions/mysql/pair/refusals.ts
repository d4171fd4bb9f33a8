import type { Finding, Pair } from "../../../shared/engine/pair.ts";
import type { Explanation, Reason } from "../../../shared/report/errors.ts";
import { inTurn } from "../../../shared/report/safe-text.ts";
import { accountText, literal } from "../sql.ts";
import { type Account, compare } from "./account.ts";
import { covers, cure, holds, lacking } from "./admin-privileges.ts";
import { statements } from "./alignment.ts";
import type { Grantor, PairFacts } from "./facts.ts";
import { type Grant, grantText } from "./grants.ts";
import { findingOf, outsiders } from "./ownership.ts";
import type { Marking, PairDialect } from "./pair-dialect.ts";

/**
 * Why nothing can be planned, whatever shows that the alternate user is the secret's; the first one is told.
 *
 * @param marking what is to be marked.
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
  for (const { name, locked } of alternate) {
    // On a host of its own it would keep a password that no secret has.
    if (!current.some((account) => account.name.host === name.host)) {
      yield refused(
        "unsupported",
        `The user ${pair.alternate} exists on the host ${literal(name.host)}, and ${pair.current} does not.`,
        `Drop the account ${accountText(name)}, or create ${pair.current} on that host too.`,
      );
    }
    if (locked) {
      yield refused(
        "account-locked",
        `The account ${accountText(name)} is locked, and a rotation never unlocks an account.`,
        `To allow logins again, run as an administrator: ALTER USER ${accountText(name)} ACCOUNT UNLOCK`,
      );
    }
  }
  for (const other of current) {
    // Which account a client gets depends on its address. A clone of each would get the one new password, which must then
    // allow nothing more on any host than on the one that the secret has been proved on.
    for (const how of compare(model, other)) {
      yield refused(
        "unsupported",
        `The user has several accounts that differ: ${accountText(other.name)} ${how}, unlike ${accountText(model.name)}.`,
        "Make them alike, drop those that no client needs, or give them users of their own.",
      );
    }
  }
  const toItself = facts.powers.filter(
    ({ holder, over }) => holder.user === pair.current && over.user === pair.alternate,
  );
  yield* found("privilege-mismatch", "The two users of the pair cannot be alike", toItself.map(findingOf));
  const creates = counterparts.some(({ existing }) => !existing);
  if (creates) {
    yield* found(
      "user-not-owned",
      `The user ${pair.alternate} is not created, since others would have power over it at once`,
      outsiders(facts, pair),
    );
  }
  if (facts.definedByAlternate.length > 0) {
    yield refused(
      "user-not-owned",
      `The user ${pair.alternate} is to be created, and is already the DEFINER of ${inTurn(facts.definedByAlternate)}.`,
      "They would run with its rights: drop them, or create them again with another DEFINER.",
    );
  }
  const marks =
    marking ?? (creates && pair.clone !== "current" ? { clones: [], base: pair.current } : undefined);
  const mayNot = marks && dialect.mayNotMark?.(marks, facts, pair);
  if (mayNot) {
    yield mayNot;
  }
  yield* grantedByOutsiders(facts, pair, dialect);
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
      run(findings.map((one) => one.remedy)),
    );
  }
}

function run(statements: readonly string[]): string {
  return `Run as an administrator: ${inTurn([...new Set(statements)])}`;
}

/**
 * An account with GRANT OPTION on a schema of its own may grant on it to any user, and so keep the two users of others from
 * being alike. What ends that is a REVOKE, not more privileges for the admin user.
 */
function* grantedByOutsiders(
  { current, counterparts, adminGrants, grantors, admin }: PairFacts,
  pair: Pair,
  dialect: PairDialect,
): Generator<Explanation, void> {
  const insiders = [pair.current, pair.alternate, admin.user];
  const suspects = counterparts
    .flatMap(({ alignment }) => lacking(alignment.grants, adminGrants, dialect))
    .flatMap((grant) => {
      const by = grantors.find((one) => !insiders.includes(one.account.user) && mayHaveGranted(one, grant));
      return by
        ? [{ grant, what: `${grantText(grant)}, which ${accountText(by.account)} may have granted` }]
        : [];
    });
  if (suspects.length > 0) {
    const grants = suspects.map(({ grant }) => grant);
    const revokes = current.flatMap(({ name }) => statements("REVOKE", grants, accountText(name)));
    yield refused(
      "privilege-mismatch",
      `The user ${pair.current} has what the master user may not grant to ${pair.alternate}: ` +
        `${[...new Set(suspects.map(({ what }) => what))].join("; ")}.`,
      `${run(revokes)} - if ${pair.current} is to keep it, grant the same to ${pair.alternate}.`,
    );
  }
}

function mayHaveGranted({ on }: Grantor, grant: Grant): boolean {
  if (grant.privilege === "PROXY") {
    return on === `PROXY ${grant.on.replace(/['`]/g, "")}`;
  }
  return grant.on === "" ? on === grant.privilege : covers(on, grant.on);
}

/** Asks before the first change whether the admin user may make all of them. */
function* missingPrivileges(
  { counterparts, admin, adminGrants }: PairFacts,
  model: Account,
  dialect: PairDialect,
): Generator<Explanation, void> {
  const name = accountText(admin);
  const cures = counterparts.flatMap(({ existing, alignment: { grants, revokes } }) => [
    ...lacking([...grants, ...revokes], adminGrants, dialect).map((grant) => cure(grant, name)),
    ...dialect
      .needed(model, existing)
      .filter((privilege) => adminGrants && !holds(adminGrants, privilege))
      .map(({ privilege, on }) => `GRANT ${privilege} ON ${on} TO ${name}`),
  ]);
  if (cures.length > 0) {
    yield refused(
      "missing-privilege",
      `The master user ${admin.user} may not prepare the alternate user.`,
      run(cures),
    );
  }
}
