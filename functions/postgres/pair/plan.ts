import type { Change, Ownership, Pair, PairView, Plan } from "../../../shared/engine/pair.ts";
import { joinStatements } from "../../../shared/report/safe-text.ts";
import { id } from "../sql.ts";
import { type Estate, statementsFor } from "./estate.ts";
import { type Belonging, type Facts, roleNamed } from "./facts.ts";
import { endOfSentence, type Fault, faultsOf } from "./faults.ts";
import { comment, mark, unmark } from "./marker.ts";
import { outsiders } from "./memberships.ts";
import { gains, refusalOf } from "./refusals.ts";
import { actsReliably, type Situation, situationOf, target } from "./situation.ts";

export interface PostgresChange extends Change {
  /** @see Fault.run. For a password, apply() sets it. */
  readonly run?: string | undefined;
  /** The belongings to hand over, in transactions of their own. The statement is then only for people. */
  readonly estate?: Estate;
  /** For a password: the user whose password changes. */
  readonly user?: string;
}

/** Placeholder at the end of the statement that sets a password. */
export const PASSWORD = "'<the password under AWSPENDING>'";

export function viewOf(facts: Facts, estates: readonly Estate[], pair: Pair): PairView {
  const situation = situationOf(facts, pair);
  return {
    ownership: ownershipOf(situation),
    differences: differences(situation),
    unseen: [],
    plan: () => planOf(situation, estates),
  };
}

/** Returns what the take-over rule decides from. */
function ownershipOf(situation: Situation): Ownership {
  const { facts, pair, alternate, base, marker } = situation;
  const isClone = alternate !== undefined && alternate.name !== base;
  return {
    exists: alternate !== undefined,
    reserved: alternate?.reserved === true,
    marker,
    // Without a marker the user may belong to another team, so the error must not suggest a REVOKE from that user.
    gains: marker === "clone" || marker === "partner" ? gains(situation) : [],
    outsiders: isClone ? outsiders(facts, alternate.name, base, facts.reader.acts) : [],
    mark: mark(facts, pair).join("; "),
    ...(marker === "reversed" && { unmark: unmark(facts, pair).join("; ") }),
  };
}

/** Returns why one of the two users is neither the base role nor a clone of the base role. */
function differences(situation: Situation): string[] {
  const { facts, pair, base, current, alternate } = situation;
  if (current === undefined || alternate === undefined || roleNamed(facts, base) === undefined) {
    const missing = current === undefined ? pair.current : alternate === undefined ? pair.alternate : base;
    return [`has no partner: there is no role ${missing}`];
  }
  const faults = (user: string) => faultsOf(situation, user).filter(({ counts }) => counts);
  const own = (user: string) => facts.belongings.filter(({ role }) => user !== base && role === user);
  const others = pair.alternate === base ? [] : outsiders(facts, pair.alternate, base);
  return [
    ...faults(pair.alternate).map((fault) => endOfSentence(fault)),
    ...faults(pair.current).map((fault) => endOfSentence(fault, pair.current)),
    ...own(pair.alternate).map(described),
    ...own(pair.current).map((one) => `is not like ${pair.current}, which ${described(one)}`),
    ...others.map(({ what }) => `is not the secret's alone: ${what}`),
    ...wrongInSession(situation),
  ];
}

/** `owns public.a, public.b, … itself (3 in pg_class in the database shop)` */
function described({ database, kind, count, samples, catalog }: Belonging): string {
  const verb = kind === "o" ? "owns" : kind === "r" ? "is named in" : "was granted privileges on";
  const where = database === null ? "" : ` in the database ${id(database)}`;
  const which = [...samples, ...(count > samples.length ? ["…"] : [])].join(", ");
  return `${verb} ${which} itself (${count} in ${catalog}${where})`;
}

/** Returns differences that only the pending user's own session shows: a user can set `role` by itself. */
function wrongInSession(situation: Situation): string[] {
  const { facts, pair, base } = situation;
  const { user, acts } = facts.reader;
  const expected = target(situation, facts.database);
  const isTried = user === pair.alternate && user !== base && actsReliably(facts.server);
  return isTried && acts !== expected ? [`acts as ${acts} after its login instead of ${expected}`] : [];
}

function planOf(situation: Situation, estates: readonly Estate[]): Plan {
  const refusal = refusalOf(situation, estates);
  if (refusal) {
    return { refusal };
  }
  const { facts, pair, alternate } = situation;
  const [created, user] = [alternate === undefined, id(pair.alternate)];
  const faults = faultsOf(situation, pair.alternate).filter(({ mayRepair }) => mayRepair);
  const grants = [...faultsOf(situation, pair.current), ...faults].filter(isMembership);
  const first = [
    ...(created ? [`CREATE ROLE ${user} LOGIN`] : []),
    ...(created && pair.clone === undefined ? comment(facts, pair.alternate, pair.current) : []),
    ...grants.map(({ remedy }) => remedy),
  ];
  const kind = created ? "adds" : "takes";
  const changes: PostgresChange[] = [
    ...first.map((statement) => ({ kind: "adds" as const, statement })),
    ...estates.map((estate) => handOver(estate, pair.alternate)),
    ...faults
      .filter((fault) => !isMembership(fault))
      .map(({ remedy, run }) => ({ kind, statement: remedy, run }) as const),
    { kind: "password", statement: `ALTER ROLE ${user} PASSWORD ${PASSWORD}`, user: pair.alternate },
  ];
  return { changes, replan: estates.length > 0, warnings: warningsOf(situation) };
}

function isMembership({ side }: Fault): boolean {
  return side === "membership";
}

function handOver(estate: Estate, alternate: string): PostgresChange {
  const statement = `in the database ${id(estate.database)}: ${joinStatements(statementsFor(estate))}`;
  return { kind: estate.of === alternate ? "takes" : "adds", statement, estate };
}

function warningsOf(situation: Situation): string[] {
  const { facts, pair, base } = situation;
  const { server, sessionUserPolicies } = facts;
  const { alternate } = pair;
  const refused = faultsOf(situation, alternate).filter(({ mayRepair }) => !mayRepair);
  const resetWarning =
    `PostgreSQL ${server.version} forgets after DISCARD ALL, or at the login, that ${alternate} acts as ${base}. What the ` +
    "application makes then belongs to the clone, until a rotation hands it over: update the server to the newest minor " +
    "release";
  const tables = sessionUserPolicies.map(({ table }) => table).join(", ");
  const policyWarning =
    `Row policies on ${tables} ask for session_user, which is ${alternate} when it is logged in: make them ask for ` +
    "current_user if both users are to see the same rows";
  return [
    ...refused.map(({ remedy }) => `The master user may not do this; an administrator can: ${remedy}`),
    ...(actsReliably(server) || alternate === base ? [] : [resetWarning]),
    ...(tables === "" || alternate === base ? [] : [policyWarning]),
  ];
}
