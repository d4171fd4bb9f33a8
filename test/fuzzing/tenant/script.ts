import fc from "fast-check";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import type { MoveName } from "../../support/tenant/tenant.ts";

/** Whose secret a step is about. */
export type Owner = "tenant" | "hr";

/** One thing that the tenant does, or that happens to a secret. */
export type Move =
  | {
      readonly do: "run";
      /** Whose session runs it: all that the tenant can log in as. */
      readonly as: "tenant" | "tenant_clone" | "x" | "hr_clone";
      /** Statements, or the name of those that the contract's suite tries as well. */
      readonly sql: readonly string[] | MoveName;
      /** Leaves the transaction open and the locks held. */
      readonly hold?: true;
      /** In a database that belongs to the tenant, where the product has such. */
      readonly inOwnDatabase?: true;
      /** Stands for the statements where the script is told. */
      readonly title?: string;
    }
  | {
      readonly do: "put";
      readonly value: Changes;
      readonly stages: readonly string[];
      /** `pending`: under the token of the rotation that is under way. */
      readonly under: "a new token" | "the pending token";
    }
  | { readonly do: "label"; readonly label: string; readonly version: number }
  | { readonly do: "step"; readonly of: Owner; readonly step: Step }
  /** All four steps, up to the first that fails. */
  | { readonly do: "rotate"; readonly of: Owner }
  /** Starts a rotation without invoking a step. */
  | { readonly do: "start"; readonly of: Owner };

/** What the tenant writes into a value in place of what the current one has; parts of the cast stand in `<…>`. */
export interface Changes {
  readonly username?: string;
  readonly alternateUsername?: string;
  /** `own` is the password under AWSCURRENT, `made` the one that the tenant gives to what it makes. */
  readonly password?: "own" | "made" | "previous" | "guessed";
  /** Whose secret is the master secret. */
  readonly masterarn?: "admin" | "tenant" | "hr";
  readonly ownDatabase?: true;
  readonly note?: string;
}

export const rotate = (of: Owner): Move => ({ do: "rotate", of });
export const start = (of: Owner): Move => ({ do: "start", of });
export const step = (of: Owner, one: Step): Move => ({ do: "step", of, step: one });
export const put = (value: Changes, stages: readonly string[] = ["AWSCURRENT"]): Move => ({
  do: "put",
  value,
  stages,
  under: "a new token",
});
export const putPending = (value: Changes): Move => ({
  do: "put",
  value,
  stages: ["AWSPENDING"],
  under: "the pending token",
});
export const run = (...sql: string[]): Move => ({ do: "run", as: "tenant", sql });
export const known = (sql: MoveName): Move => ({ do: "run", as: "tenant", sql });

const owner = fc.constantFrom<Owner>("tenant", "tenant", "hr");

const anyPart = fc.constantFrom(
  ..."tenant tenant_clone hr hr_clone peer peer_clone admin x absent".split(" ").map((part) => `<${part}>`),
);

const changes: fc.Arbitrary<Changes> = fc.record(
  {
    username: anyPart,
    alternateUsername: anyPart,
    password: fc.constantFrom("own", "made", "previous", "guessed"),
    masterarn: fc.constantFrom("admin", "tenant", "hr"),
    note: fc.constantFrom("a", "b"),
  },
  { requiredKeys: [] },
);

const stages = fc.constantFrom<readonly string[]>(
  ["AWSCURRENT"],
  ["AWSPENDING"],
  ["AWSPREVIOUS"],
  ["AWSPENDING", "MINE"],
  ["AWSCURRENT", "AWSPENDING"],
  ["MINE"],
);

/** What a secret writer may do, and what Secrets Manager does, in any order. */
const ofSecrets: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("step" as const), of: owner, step: fc.constantFrom(...STEPS) }),
  },
  { weight: 2, arbitrary: owner.map(rotate) },
  { weight: 1, arbitrary: owner.map(start) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      value: changes,
      stages,
      under: fc.constantFrom("a new token" as const, "the pending token" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("label" as const),
      label: fc.constantFrom("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS", "MINE"),
      version: fc.nat(5),
    }),
  },
);

/** What one product lets a tenant do. */
export interface Repertoire {
  readonly statement: fc.Arbitrary<Move>;
  /** Moves in an order in which they have led somewhere once, or might; by what they are about. */
  readonly gambits: Readonly<Record<string, readonly (readonly Move[])[]>>;
}

/**
 * A plan of the tenant's with chance moves between its own: by chance alone it would seldom get far.
 *
 * @param theme what all plans are to be about.
 */
export function scripts({ statement, gambits }: Repertoire, theme?: string): fc.Arbitrary<readonly Move[]> {
  const themes = theme === undefined ? Object.values(gambits) : [gambits[theme] ?? []];
  const gambit = (from: typeof themes) =>
    fc.constantFrom(...from).chain((ofTheme) => fc.constantFrom(...ofTheme));
  const any = gambit(Object.values(gambits));
  const chance = fc.oneof(statement, ofSecrets);
  const between = fc.array(fc.tuple(fc.nat(12), chance), { maxLength: 4 });
  const planned = fc
    .tuple(gambit(themes), fc.option(any, { nil: [] }), fc.boolean(), between)
    .map(([first, second, isWoven, more]) => {
      const moves = isWoven ? weave(first, second) : [...first, ...second];
      for (const [at, move] of more) moves.splice(at % (moves.length + 1), 0, move);
      return moves;
    });
  const unplanned = fc.array(chance, { minLength: 4, maxLength: 12 });
  return theme === undefined
    ? fc.oneof({ weight: 5, arbitrary: planned }, { weight: 1, arbitrary: unplanned })
    : planned;
}

function weave(one: readonly Move[], other: readonly Move[]): Move[] {
  const length = Math.max(one.length, other.length);
  return Array.from({ length }, (_, index) =>
    [one[index], other[index]].filter((move) => move !== undefined),
  ).flat();
}

export function title(script: readonly Move[]): string {
  return script.map(told).join(" / ");
}

function told(move: Move): string {
  switch (move.do) {
    case "run":
      return `${move.as}${move.inOwnDatabase ? " in its database" : ""}${move.hold ? " holds" : ""}: ${move.title ?? [move.sql].flat().join("; ")}`;
    case "put":
      return `puts ${JSON.stringify(move.value)} as ${move.stages} under ${move.under}`;
    case "label":
      return `moves ${move.label} to version ${move.version}`;
    case "step":
      return `${move.step} of ${move.of}`;
    case "rotate":
      return `rotates ${move.of}`;
    case "start":
      return `starts ${move.of}`;
  }
}
