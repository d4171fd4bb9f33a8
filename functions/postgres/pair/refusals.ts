import type { Finding } from "../../../shared/engine/pair.ts";
import type { Explanation, Reason } from "../../../shared/report/errors.ts";
import { joinStatements } from "../../../shared/report/safe-text.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import { type Estate, remedyFor, summary } from "./estate.ts";
import { roleNamed } from "./facts.ts";
import { endOfSentence, faultsOf } from "./faults.ts";
import { grant } from "./memberships.ts";
import { isSuperuser, readerOf, type Situation } from "./situation.ts";

type Refusal = Explanation | undefined;

/** Returns what the alternate user may do beyond the current user and the master user may not revoke. */
export function gains(situation: Situation): Finding[] {
  const { pair, base } = situation;
  return pair.alternate === base
    ? faultsOf(situation, pair.current)
        .filter(({ side }) => side === "less")
        .map(({ what }) => ({ what, remedy: `ALTER ROLE ${id(base)} NO${what}` }))
    : faultsOf(situation, pair.alternate).filter(({ side, mayRepair }) => side === "more" && !mayRepair);
}

/** Returns why the alternate user cannot be prepared; undefined if it can. Nothing is changed yet. */
export function refusalOf(situation: Situation, estates: readonly Estate[]): Refusal {
  const { current, alternate } = situation.pair;
  const found = gains(situation);
  const what = `The user ${alternate} has ${found.map((gain) => gain.what).join(", ")}, which ${current} does not have.`;
  return (
    noSuchRole(situation) ??
    adminMayNot(situation, estates) ??
    mayNotLogIn(situation) ??
    hasFaults(situation) ??
    (found.length > 0 ? refuse("privilege-mismatch", what, statements(found.map(remedyOf))) : undefined) ??
    remainingBelongings(estates)
  );
}

function refuse(reason: Reason, cause: string, remedy: string): Explanation {
  return { reason, cause, remedy };
}

function statements(list: readonly string[]): string {
  return `Run as an administrator: ${joinStatements(list)}`;
}

const remedyOf = ({ remedy }: Finding) => remedy;

/** A clone whose base role was dropped has no privileges left, and neither would a clone of it. */
function noSuchRole({ facts, current, base, pair }: Situation): Refusal {
  if (current === undefined) {
    const what = `There is no role ${pair.current} of its own.`;
    return refuse("unsupported", what, "Name a role in the secret.");
  }
  const cause = `There is no role ${base} any more, as which ${pair.current} acts, and what the two may do was granted to it.`;
  const remedy =
    `Run as an administrator: CREATE ROLE ${id(base)} LOGIN; ${grant(facts, base, pair.current)} - then grant it what it ` +
    "had, and rotate again.";
  return roleNamed(facts, base) === undefined ? refuse("privilege-mismatch", cause, remedy) : undefined;
}

function adminMayNot({ facts, base, alternate }: Situation, estates: readonly Estate[]): Refusal {
  if (facts.readOnly) {
    const what = "The server is read-only: a replica, or set to default_transaction_read_only.";
    return refuse("read-only", what, "Put the host of the primary into the secret and the master secret.");
  }
  const admin = readerOf(facts);
  if (admin === undefined || isSuperuser(admin)) {
    return undefined;
  }
  const names = [alternate?.name, base, ...estates.map(({ of }) => of)];
  const roles = facts.roles.filter(({ name }) => names.includes(name));
  const superuser = roles.find(isSuperuser);
  if (superuser !== undefined) {
    const cause = `The role ${superuser.name} is a superuser, and only a superuser may change it or grant it.`;
    const own = "It is the server's own: let the application have a user of its own.";
    const remedy = statements([`ALTER ROLE ${id(superuser.name)} NOSUPERUSER`]);
    return refuse("missing-privilege", cause, superuser.reserved ? own : remedy);
  }
  const others = roles.filter(({ administered }) => isModern(facts.server) && !administered);
  const remedies = [
    ...(admin.attributes.includes("CREATEROLE") ? [] : [`ALTER ROLE ${id(admin.name)} CREATEROLE`]),
    ...others.map(({ name }) => `GRANT ${id(name)} TO ${id(admin.name)} WITH ADMIN OPTION`),
  ];
  const cause = `The master user ${admin.name} may not prepare the alternate user.`;
  return remedies.length > 0 ? refuse("missing-privilege", cause, statements(remedies)) : undefined;
}

/** A role with NOLOGIN stays so: an administrator locked it on purpose. So does the VALID UNTIL of a base role. */
function mayNotLogIn({ alternate, base }: Situation): Refusal {
  const start = `To allow its logins, run as an administrator: ALTER ROLE ${id(alternate?.name ?? "")}`;
  if (alternate !== undefined && !alternate.canLogin) {
    return refuse("login-not-allowed", `The role ${alternate.name} has NOLOGIN.`, `${start} LOGIN`);
  }
  const cause = `The password of the role ${base} is not valid any more: ${alternate?.limits.join(", ")}.`;
  return alternate?.expired && alternate.name === base
    ? refuse("password-expired", cause, `${start} VALID UNTIL 'infinity'`)
    : undefined;
}

/**
 * Returns faults that no rotation may repair. Of the current user, which is in use, a rotation repairs memberships only. For
 * two users that the secret names, an administrator decides which role they act as.
 */
function hasFaults(situation: Situation): Refusal {
  const { pair, alternate, base } = situation;
  const ofCurrent = faultsOf(situation, pair.current).filter(
    ({ side, counts }) => counts && side !== "membership" && side !== "less",
  );
  const isNamed = pair.clone === undefined && alternate !== undefined;
  const ofAlternate = isNamed ? faultsOf(situation, pair.alternate) : [];
  const acting = ofAlternate.filter(({ side }) => side === "acting");
  const grants = ofAlternate.filter(({ side }) => side === "membership" && acting.length > 0);
  const causes = [
    ...ofCurrent.map((fault) => `The user ${pair.current} ${endOfSentence(fault)}, unlike ${base}.`),
    ...acting.map((fault) => `The user ${pair.alternate} ${endOfSentence(fault)}, as ${pair.current} does.`),
  ];
  const remedy = statements([...grants, ...ofCurrent, ...acting].map(remedyOf));
  return causes.length > 0 ? refuse("privilege-mismatch", causes.join(" "), remedy) : undefined;
}

/** Returns what remains of a clone's belongings after the handover. An administrator has to decide about it. */
function remainingBelongings(estates: readonly Estate[]): Refusal {
  const left = estates
    .map((estate) => ({ ...estate, entitlements: estate.entitlements.filter(({ removable }) => !removable) }))
    .filter(({ unsafe, entitlements }) => unsafe.length > 0 || entitlements.length > 0);
  const causes = left.flatMap(({ of, successor, database, unsafe, entitlements }) => {
    const runs = `${summary(unsafe)} in ${id(database)} would run with the rights of ${successor}: check them`;
    const has = `in ${id(database)}, ${of} itself has ${summary(entitlements)}`;
    return [...(unsafe.length > 0 ? [runs] : []), ...(entitlements.length > 0 ? [has] : [])];
  });
  const cause = `The user ${left[0]?.of} has something of its own: ${causes.join("; ")}.`;
  return left.length > 0 ? refuse("privilege-mismatch", cause, remedyFor(left)) : undefined;
}
