import type { Engine } from "../../../shared/engine/engine.ts";
import type { PairView } from "../../../shared/engine/pair.ts";
import type { Strategy } from "../../../shared/strategies/strategy.ts";
import { played, scriptsOn, type TenantEngine, tenants } from "../areas/tenant.ts";
import type { Mutant } from "../mutant.ts";
import { mistaken, seeing } from "./mistaken.ts";

/** Scripts by chance: in how many of them at most a mistake has to be seen. */
const MOST = 25;
const SEED = 1;

const among = (engine: TenantEngine, theme: string) =>
  scriptsOn(engine, SEED, MOST, theme).map((script) => played(engine, script, false));

/** The engine with other facts for the rule that decides whether a user may be taken over: as if the rule were another. */
const withOwnership = (change: (view: PairView) => Partial<PairView["ownership"]>) => (right: Engine) =>
  seeing(right, (view) => {
    const { ownership, differences, unseen } = view;
    return { ownership: { ...ownership, ...change(view) }, differences, unseen };
  });

/** Compares nothing, as it is right if the pending value is a copy of the current one. */
const onlyLogsIn = (right: Strategy): Partial<Strategy> => ({
  testSecret: (rotation) => right.testSecret({ ...rotation, isCopy: true }),
});

const area = tenants.name;

export const MUTANTS: readonly Mutant[] = [
  {
    mistake: "takes a user over by an ownership marker against the names, on PostgreSQL",
    area,
    bundle: mistaken("postgres", "master-user", {
      engine: withOwnership(({ ownership }) => (ownership.marker === "reversed" ? { marker: "clone" } : {})),
    }),
    case: among("postgres", "markers"),
    findings: [/^\w+ of \w+: (changed|gained|AWSCURRENT)/],
  },
  {
    mistake: "does not look for outsiders, on PostgreSQL",
    area,
    bundle: mistaken("postgres", "master-user", { engine: withOwnership(() => ({ outsiders: [] })) }),
    case: among("postgres", "clones made in advance"),
    findings: [/^\w+ of \w+: (changed|gained|promoted)/],
  },
  ...(["mysql", "mariadb"] as const).map(
    (engine): Mutant => ({
      mistake: `takes a user over that has the same privileges, on ${engine}`,
      area,
      bundle: mistaken(engine, "master-user", {
        engine: withOwnership(({ differences }) => (differences.length === 0 ? { marker: "partner" } : {})),
      }),
      case: among(engine, "partners"),
      findings: [/^\w+ of tenant: (changed|gained)/],
    }),
  ),
  ...(["postgres", "mysql", "mariadb"] as const).map(
    (engine): Mutant => ({
      mistake: `promotes what it has not compared, on ${engine}`,
      area,
      bundle: mistaken(engine, "master-user", { strategy: onlyLogsIn }),
      case: among(engine, "between two steps"),
      findings: [/^testSecret of tenant: promoted: /],
    }),
  ),
];
