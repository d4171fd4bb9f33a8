import type { Pair, PairView, Plan, Taking } from "../../../shared/engine/pair.ts";
import { accountText } from "../sql.ts";
import type { Account } from "./account.ts";
import { differencesOf } from "./counterpart.ts";
import { type PairFacts, rowsOf } from "./facts.ts";
import { neededMarking, ownershipOf } from "./ownership.ts";
import type { Marking, PairDialect, Step } from "./pair-dialect.ts";
import { refusals } from "./refusals.ts";

/** Returns the view of the facts. Pure: it asks no server. */
export function viewOf(facts: PairFacts, pair: Pair, dialect: PairDialect): PairView {
  return {
    ownership: ownershipOf(facts, pair, dialect),
    differences:
      facts.current.length > 0
        ? facts.counterparts.flatMap(differencesOf)
        : [`has no partner: there is no user ${pair.current}`],
    unseen: [],
    plan: (taking) => planOf(facts, pair, dialect, taking),
  };
}

function planOf(facts: PairFacts, pair: Pair, dialect: PairDialect, taking: Taking): Plan {
  const { counterparts } = facts;
  const marking = neededMarking(facts, pair, taking);
  const [refusal] = refusals(facts, pair, dialect, marking);
  if (refusal) {
    return { refusal };
  }
  const [model] = facts.current as [Account]; // If it is missing, the plan is a refusal.
  const names = counterparts.map(({ name }) => name);
  const hasSecond = rowsOf(facts, "second").some(([user]) => user === pair.alternate);
  return {
    changes: [
      ...(marking ? marks(marking, facts, dialect) : []),
      ...counterparts.flatMap(({ steps }) => steps),
      ...dialect.password(names, model, hasSecond),
    ],
    replan: counterparts.some(({ replan, steps }) => replan && steps.length > 0),
    warnings: [
      ...(hasSecond
        ? [`A second password of ${pair.alternate}, kept by RETAIN CURRENT PASSWORD, stops working`]
        : []),
      ...(names.length > 1
        ? [
            `The user ${pair.current} has accounts on several hosts: all accounts of ${pair.alternate} get the new ` +
              `password (${names.map(accountText).join(", ")}), though the password of only one has been proved`,
          ]
        : []),
    ],
  };
}

/** If the marker named another user before, the change takes it away. */
function marks(marking: Marking, { current, alternate }: PairFacts, dialect: PairDialect): Step[] {
  const isElsewhere = [...current, ...alternate].some(
    ({ name, cloneOf }) => cloneOf !== undefined && cloneOf !== marking.base && marking.clones.includes(name),
  );
  return dialect.mark(marking).map((statement) => ({ statement, kind: isElsewhere ? "takes" : "adds" }));
}
