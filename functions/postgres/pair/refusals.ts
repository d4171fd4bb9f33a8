import type { Finding } from "../../../shared/engine/pair.ts";
import type { Explanation, Reason } from "../../../shared/report/errors.ts";
import { inTurn } from "../../../shared/report/safe-text.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import { type Estate, statementsFor } from "./estate.ts";
import { faultsOf, told } from "./faults.ts";
import { grant } from "./memberships.ts";
import { FIRST_OID, gains } from "./ownership.ts";
import { isSuperuser, readerOf, roleNamed, type Situation } from "./situation.ts";

type Refusal = Explanation | undefined;

/** Why the alternate user cannot be prepared, before anything is changed; undefined if it can. */
export function refusalOf(situation: Situation, estates: readonly Estate[]): Refusal {
  const { current, alternate } = situation.pair;
  const found = gains(situation);
  const what = `The user ${alternate} has ${found.map((gain) => gain.what).join(", ")}, which ${current} does not have.`;
  return (
    noSuchRole(situation) ??
    adminMayNot(situation, estates) ??
    mayNotLogIn(situation) ??
    hasFaults(situation) ??
    (found.length > 0 ? refuse("privilege-mismatch", what, found) : undefined) ??
    hasThings(estates)
  );
}

/** @param remedy a sentence, or what an administrator runs. */
function refuse(
  reason: Reason,
  cause: string,
  remedy: string | readonly Pick<Finding, "remedy">[],
): Explanation {
  const run = (list: readonly Pick<Finding, "remedy">[]) => inTurn(list.map((finding) => finding.remedy));
  return {
    reason,
    cause,
    remedy: typeof remedy === "string" ? remedy : `Run as an administrator: ${run(remedy)}`,
  };
}

/** A clone whose base role was dropped may do nothing any more: a clone of that would be one of nothing. */
function noSuchRole({ facts, current, base, pair }: Situation): Refusal {
  if (current === undefined) {
    return refuse(
      "unsupported",
      `There is no role ${pair.current} of its own.`,
      "Name a role in the secret.",
    );
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
    const statement = { remedy: `ALTER ROLE ${id(superuser.name)} NOSUPERUSER` };
    return refuse("missing-privilege", cause, superuser.oid < FIRST_OID ? own : [statement]);
  }
  const statements = [
    ...(admin.attributes.includes("CREATEROLE") ? [] : [`ALTER ROLE ${id(admin.name)} CREATEROLE`]),
    ...roles
      .filter(({ administered }) => isModern(facts.server) && !administered)
      .map(({ name }) => `GRANT ${id(name)} TO ${id(admin.name)} WITH ADMIN OPTION`),
  ].map((remedy) => ({ remedy }));
  const cause = `The master user ${admin.name} may not prepare the alternate user.`;
  return statements.length > 0 ? refuse("missing-privilege", cause, statements) : undefined;
}

/** A role without LOGIN stays so: an administrator has locked it on purpose. That a base role expires is its own limit. */
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
 * What no rotation changes: anything but a membership of the current user, which is in use, and what users that exist and
 * that the secret names act as, which is an administrator's word that they are the same.
 */
function hasFaults(situation: Situation): Refusal {
  const { pair, alternate, base } = situation;
  const ofCurrent = faultsOf(situation, pair.current).filter(
    ({ side, counts }) => counts && side !== "membership" && side !== "less",
  );
  const isNamed = pair.clone === undefined && alternate !== undefined;
  const ofAlternate = faultsOf(situation, pair.alternate).filter(() => isNamed);
  const acting = ofAlternate.filter(({ side }) => side === "acting");
  const grants = ofAlternate.filter(({ side }) => side === "membership" && acting.length > 0);
  const causes = [
    ...ofCurrent.map((fault) => `The user ${pair.current} ${told(fault)}, unlike ${base}.`),
    ...acting.map((fault) => `The user ${pair.alternate} ${told(fault)}, as ${pair.current} does.`),
  ];
  const remedies = [...grants, ...ofCurrent, ...acting].map(({ cure }) => ({ remedy: cure }));
  return causes.length > 0 ? refuse("privilege-mismatch", causes.join(" "), remedies) : undefined;
}

/** What is left of a clone's own when all that can be handed over is: administrators decide about it. */
function hasThings(estates: readonly Estate[]): Refusal {
  const left = estates
    .map((estate) => ({ ...estate, titles: estate.titles.filter(({ superfluous }) => !superfluous) }))
    .filter(({ unsafe, titles }) => unsafe.length > 0 || titles.length > 0);
  const causes = left.flatMap(({ of, heir, database, unsafe, titles }) => [
    unsafe.length > 0
      ? `${some(unsafe)} in ${id(database)} would run with the rights of ${heir}: check them`
      : "",
    titles.length > 0 ? `in ${id(database)}, ${of} itself has ${some(titles.map(({ what }) => what))}` : "",
  ]);
  const cause = `The user ${left[0]?.of} has something of its own: ${causes.filter((text) => text !== "").join("; ")}.`;
  const cures = left.map((estate) => `in ${id(estate.database)}: ${inTurn(statementsFor(estate))}`);
  return left.length > 0
    ? refuse("privilege-mismatch", cause, `Run as an administrator ${cures.join(" - ")}`)
    : undefined;
}

function some(whats: readonly string[]): string {
  const most = 10;
  return whats.slice(0, most).join(", ") + (whats.length > most ? ` and ${whats.length - most} more` : "");
}
