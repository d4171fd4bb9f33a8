import { FUNCTIONS } from "../functions.ts";
import { ASSUMED, type Assumptions, SDK_ALONE } from "./assumptions.ts";
import type { FunctionModel } from "./model.ts";
import { createRandom } from "./random.ts";
import { recordFunction } from "./record.ts";
import { type FleetOutcome, shortest, simulateFleet } from "./simulate.ts";

/** A simulated fleet and its outcome. */
export interface FleetRun {
  /** The start pattern, and the differences from ASSUMED, in words. */
  readonly scenario: string;
  readonly assumptions: Assumptions;
  readonly outcome: FleetOutcome;
  /** The fleet's time divided by the least time that the quota of writes allows. */
  readonly ratio: number;
}

export const AT_ONCE = "all at once";
export const SPREAD = "spread over the time that the quota allows";
const RESERVED = "all at once, reserved concurrency 200";
const RESERVED_SLOW = `${RESERVED}, retry after 60 s`;
const RANDOM = "at random moments of the time that the quota allows";
const RANDOM_TWICE = "at random moments of twice that time";

export const FLEET = 10_000;
/** For scenarios that need no larger fleet. */
export const FEW = 1000;
/** Runs of a fleet of FEW with different random numbers, of which the slowest counts. */
export const SEEDS = 3;

const spread = (secrets: number) => ({ secrets, startSeconds: shortest(secrets) });
const twice = (secrets: number) => ({ secrets, startSeconds: 2 * shortest(secrets) });
const reserved = { secrets: FLEET, concurrency: 200 };
/** For functions that leave retries to the SDK. */
const SDK = "the SDK's three attempts alone";
export const AT_ONCE_SDK = `${AT_ONCE}, ${SDK}`;
const USED_UP = "throttled calls use up quota";

type Scenario = readonly [name: string, assumptions: Partial<Assumptions>];

const SCENARIOS: readonly Scenario[] = [
  ...[100, FEW, FLEET, 100_000].map((secrets): Scenario => [SPREAD, spread(secrets)]),
  [RANDOM, { ...spread(FLEET), atRandom: true }],
  [RANDOM_TWICE, { ...twice(FLEET), atRandom: true }],
  ...[100, FEW, FLEET].map((secrets): Scenario => [AT_ONCE, { secrets }]),
  [RESERVED, reserved],
  [RESERVED_SLOW, { ...reserved, retrySeconds: 60 }],
  ...[5, 10].flatMap((attempts): Scenario[] => [
    [`${AT_ONCE}, ${attempts} attempts`, { secrets: FLEET, attempts }],
    [`${RESERVED}, ${attempts} attempts`, { ...reserved, attempts }],
  ]),
  [AT_ONCE_SDK, { secrets: FEW, patience: SDK_ALONE }],
  [`${AT_ONCE}, retry after 1 s`, { secrets: FEW, retrySeconds: 1 }],
  [`${AT_ONCE}, retry after 60 s`, { secrets: FEW, retrySeconds: 60 }],
  [`${AT_ONCE}, ${USED_UP}`, { secrets: FEW, throttledCount: true }],
  [`${RANDOM}, ${SDK}`, { ...spread(FEW), atRandom: true, patience: SDK_ALONE }],
  [`${RANDOM}, ${USED_UP}`, { ...spread(FEW), atRandom: true, throttledCount: true }],
  [`${RANDOM_TWICE}, ${USED_UP}`, { ...twice(FEW), atRandom: true, throttledCount: true }],
];

/** The scenarios of FLEET secrets in docs/scaling.md. */
export const ON_SCALING_PAGE: readonly string[] = [
  SPREAD,
  RANDOM_TWICE,
  RANDOM,
  RESERVED,
  RESERVED_SLOW,
  `${RESERVED}, 10 attempts`,
  AT_ONCE,
  `${AT_ONCE}, 10 attempts`,
];

/** Records the PostgreSQL single-user function, and simulates fleets that rotate as it does. */
export async function measureFleet(quick: boolean): Promise<FleetRun[]> {
  const [rotation] = FUNCTIONS;
  if (rotation === undefined) throw new Error("There is no function.");
  const model = await recordFunction(rotation);
  const runs: FleetRun[] = [];
  for (const [scenario, different] of SCENARIOS) {
    const assumptions = { ...ASSUMED, ...different };
    if (quick && assumptions.secrets > FEW) continue;
    const outcome = await slowest(model, assumptions);
    runs.push({ scenario, assumptions, outcome, ratio: outcome.seconds / shortest(assumptions.secrets) });
  }
  return runs;
}

async function slowest(model: FunctionModel, assumptions: Assumptions): Promise<FleetOutcome> {
  let worst: FleetOutcome | undefined;
  for (let seed = 1; seed <= (assumptions.secrets > FEW ? 1 : SEEDS); seed++) {
    const outcome = await simulateFleet(model, assumptions, createRandom(BigInt(seed)));
    if (worst === undefined || outcome.seconds > worst.seconds) worst = outcome;
  }
  if (worst === undefined) throw new Error("There was no run.");
  return worst;
}
