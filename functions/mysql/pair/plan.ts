import type { Pair, PairView, Plan, Taking } from "../../../shared/engine/pair.ts";
import { accountText, literal } from "../sql.ts";
import { type Account, attributesPatch, compare } from "./account.ts";
import { statements } from "./alignment.ts";
import type { Counterpart, PairFacts } from "./facts.ts";
import { dueMarking, ownershipOf } from "./ownership.ts";
import type { Marking, PairDialect, Step } from "./pair-dialect.ts";
import { refusals } from "./refusals.ts";

/** What the facts mean. Pure: it asks no server. */
export function viewOf(facts: PairFacts, pair: Pair, dialect: PairDialect): PairView {
  const [model] = facts.current;
  return {
    ownership: ownershipOf(facts, pair, dialect),
    differences: model
      ? facts.alternate.flatMap((account) => compare(model, account))
      : [`has no partner: there is no user ${pair.current}`],
    unseen: [],
    plan: (taking) => planOf(facts, pair, dialect, taking),
  };
}

function planOf(facts: PairFacts, pair: Pair, dialect: PairDialect, taking: Taking): Plan {
  const { counterparts } = facts;
  const marking = dueMarking(facts, pair, taking);
  const [refusal] = refusals(facts, pair, dialect, marking);
  if (refusal) {
    return { refusal };
  }
  const [model] = facts.current as [Account]; // Without one it is refused.
  const cloneOf = pair.clone === "current" ? undefined : pair.current;
  const accounts = counterparts.map(({ name, existing }) => ({ name, isNew: existing?.unfinished ?? true }));
  return {
    changes: [
      ...(marking ? marks(marking, facts, dialect) : []),
      ...counterparts.flatMap(({ name, existing }) => (existing ? [] : dialect.create(name, model, cloneOf))),
      ...counterparts.flatMap((one) => grantsOrRevokes("GRANT", one)),
      ...counterparts.flatMap((one) => properties(one, model, dialect)),
      ...counterparts.flatMap((one) => grantsOrRevokes("REVOKE", one)),
      ...dialect.password(accounts, model),
    ],
    again: counterparts.some(
      ({ alignment: { again, grants, revokes } }) => again && grants.length + revokes.length > 0,
    ),
    warnings: [],
  };
}

/** A marker that names another user is one that this takes away. */
function marks(marking: Marking, { current, alternate }: PairFacts, dialect: PairDialect): Step[] {
  const isElsewhere = [...current, ...alternate].some(
    ({ name, cloneOf }) => cloneOf !== undefined && cloneOf !== marking.base && marking.clones.includes(name),
  );
  return dialect.mark(marking).map((statement) => ({ statement, kind: isElsewhere ? "takes" : "adds" }));
}

/** A partial revoke makes a new account what it is to be. */
function grantsOrRevokes(verb: "GRANT" | "REVOKE", { name, existing, alignment }: Counterpart): Step[] {
  const account = accountText(name);
  const kind = verb === "REVOKE" && existing ? "takes" : "adds";
  return statements(verb, verb === "GRANT" ? alignment.grants : alignment.revokes, account).map(
    (statement) => ({
      statement,
      kind,
      account,
    }),
  );
}

const EXPIRY = "PASSWORD EXPIRE";

/** Default roles, which have been granted by now, clauses of ALTER USER, attributes, and how the password is stored. */
function properties({ name, existing }: Counterpart, model: Account, dialect: PairDialect): Step[] {
  const roles =
    (existing?.defaultRoles ?? []).join() === model.defaultRoles.join()
      ? []
      : [dialect.setDefaultRoles(name, model.defaultRoles)];
  if (!existing) {
    return roles.map((statement) => ({ statement, kind: "adds" }));
  }
  const differing = Object.keys(model.clauses).filter((key) => existing.clauses[key] !== model.clauses[key]);
  const patch = attributesPatch(existing.attributes, model.attributes);
  const clauses = [
    ...differing.map((key) => model.clauses[key]),
    ...(patch ? [`ATTRIBUTE ${literal(JSON.stringify(patch))}`] : []),
  ].join(" ");
  return [
    ...roles,
    ...[
      // From INTERVAL to DEFAULT the server (seen in 9.7) changes its table and not its memory; from NEVER it does both.
      differing.includes(EXPIRY) && `${EXPIRY} NEVER`,
      clauses,
      existing.plugin !== model.plugin && `IDENTIFIED WITH ${literal(model.plugin)} BY RANDOM PASSWORD`,
    ].flatMap((change) => (change ? [`ALTER USER ${accountText(name)} ${change}`] : [])),
  ].map((statement) => ({ statement, kind: "takes" }));
}
