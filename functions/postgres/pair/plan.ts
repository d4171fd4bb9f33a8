import type { Change, PairView, Plan } from "../../../shared/engine/pair.ts";
import { id } from "../sql.ts";
import { type Estate, statementsFor } from "./estate.ts";
import type { Belonging, Facts } from "./facts.ts";
import { faultsOf, told } from "./faults.ts";
import { outsiders } from "./memberships.ts";
import { comment, ownershipOf } from "./ownership.ts";
import { refusalOf } from "./refusals.ts";
import { actsReliably, roleNamed, type Situation, situationOf, target } from "./situation.ts";

/** A change with what it takes to make it. */
export interface PostgresChange extends Change {
  /** The statement as it is executed, if a placeholder stands in the one for people. */
  readonly run?: string | undefined;
  /** Whether the rotation goes on if the server refuses it. */
  readonly optional?: boolean | undefined;
  /** What is handed over, in transactions of its own, instead of a statement. */
  readonly estate?: Estate;
  /** Whose password it is. */
  readonly user?: string;
}

/** Stands at the end of the statement of the change of kind `password`. */
export const PASSWORD = "'<the password under AWSPENDING>'";

/** An error message is no place for the catalog of a database. */
const MOST = 10;

export function viewOf(facts: Facts, estates: readonly Estate[], pair: Situation["pair"]): PairView {
  const situation = situationOf(facts, pair);
  const found = differences(situation);
  const more = found.length - MOST;
  return {
    ownership: ownershipOf(situation),
    differences: more > 0 ? [...found.slice(0, MOST), `differs in ${more} more points`] : found,
    unseen: [],
    plan: () => planOf(situation, estates),
  };
}

/** What keeps either of the two users from being the base role or a clone of it. */
function differences(situation: Situation): string[] {
  const { facts, pair, base, current, alternate } = situation;
  if (current === undefined || alternate === undefined || roleNamed(facts, base) === undefined) {
    const missing = current === undefined ? pair.current : alternate === undefined ? pair.alternate : base;
    return [`has no partner: there is no role ${missing}`];
  }
  const faults = (user: string) => faultsOf(situation, user).filter(({ counts }) => counts);
  const own = (user: string) => (user === base ? [] : facts.belongings.filter(({ role }) => role === user));
  return [
    ...faults(pair.alternate).map((fault) => told(fault)),
    ...faults(pair.current).map((fault) => told(fault, pair.current)),
    ...own(pair.alternate).map(described),
    ...own(pair.current).map((one) => `is not like ${pair.current}, which ${described(one)}`),
    ...(pair.alternate === base ? [] : outsiders(facts, pair.alternate, base)).map(
      ({ what }) => `is not the secret's alone: ${what}`,
    ),
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

/** What the pending user's own session says, since a user sets `role` by itself. */
function wrongInSession(situation: Situation): string[] {
  const { facts, pair, base } = situation;
  const { user, acts } = facts.reader;
  const wanted = target(situation, facts.database);
  const isTried = user === pair.alternate && user !== base && actsReliably(facts.server);
  return isTried && acts !== wanted ? [`acts as ${acts} after its login instead of ${wanted}`] : [];
}

function planOf(situation: Situation, estates: readonly Estate[]): Plan {
  const refusal = refusalOf(situation, estates);
  if (refusal) {
    return { refusal };
  }
  const { pair, alternate } = situation;
  const created = alternate === undefined;
  const change = (statement: string, kind: Change["kind"] = "adds"): PostgresChange => ({ kind, statement });
  const faults = faultsOf(situation, pair.alternate).filter(({ curable }) => curable);
  const grants = [...faultsOf(situation, pair.current), ...faults].filter(
    ({ side }) => side === "membership",
  );
  const first = [
    created ? `CREATE ROLE ${id(pair.alternate)} LOGIN` : "",
    created && pair.clone === undefined ? comment(undefined, pair.alternate, pair.current) : "",
    ...grants.map(({ cure }) => cure),
  ];
  const changes = [
    ...first.filter((statement) => statement !== "").map((statement) => change(statement)),
    ...estates.map((estate) => handOver(estate, pair.alternate)),
    ...faults
      .filter(({ side }) => side !== "membership")
      .map(({ cure, run, optional }) => ({ ...change(cure, created ? "adds" : "takes"), run, optional })),
    { ...change(`ALTER ROLE ${id(pair.alternate)} PASSWORD ${PASSWORD}`, "password"), user: pair.alternate },
  ];
  return { changes, again: estates.length > 0, warnings: warningsOf(situation) };
}

function handOver(estate: Estate, alternate: string): PostgresChange {
  const statements = statementsFor(estate);
  const more = statements.length > MOST ? [`… (${statements.length - MOST} more)`] : [];
  const statement = `in the database ${id(estate.database)}: ${[...statements.slice(0, MOST), ...more].join("; ")}`;
  return { kind: estate.of === alternate ? "takes" : "adds", statement, estate };
}

function warningsOf(situation: Situation): string[] {
  const { facts, pair, base } = situation;
  const { server, sessionUserPolicies } = facts;
  const { alternate } = pair;
  const refused = faultsOf(situation, alternate).filter(({ curable }) => !curable);
  const forgets =
    `PostgreSQL ${server.version} forgets after DISCARD ALL, or at the login, that ${alternate} acts as ${base}. What the ` +
    "application makes then belongs to the clone, until a rotation hands it over: update the server to the newest minor " +
    "release";
  const tables = sessionUserPolicies.map(({ table }) => table).join(", ");
  const asks =
    `Row policies on ${tables} ask for session_user, which is ${alternate} when it is logged in: make them ask for ` +
    "current_user if both users are to see the same rows";
  return [
    ...refused.map(({ cure }) => `The master user may not do this; an administrator can: ${cure}`),
    ...(actsReliably(server) || alternate === base ? [] : [forgets]),
    ...(tables === "" || alternate === base ? [] : [asks]),
  ];
}
