import { FUNCTIONS } from "../functions.ts";
import { ASSUMED, type Assumptions, SDK_ALONE } from "./assumptions.ts";
import { createRandom } from "./random.ts";
import { recordFunction } from "./record.ts";
import { type FleetOutcome, shortest, simulateFleet } from "./simulate.ts";

/** A fleet, and how it went. */
export interface FleetRun {
  /** What differs from what is assumed otherwise, in words. */
  readonly scenario: string;
  readonly assumptions: Assumptions;
  readonly outcome: FleetOutcome;
  /** Its time, beside what the quota of writes allows = 1. */
  readonly ratio: number;
}

export const AT_ONCE = "all at once";
export const SPREAD = "spread over the time that the quota allows";
export const RESERVED = "all at once, reserved concurrency 200";

const spread = (secrets: number) => ({ secrets, startSeconds: shortest(secrets) });
const twice = (secrets: number) => ({ secrets, startSeconds: 2 * shortest(secrets) });
const SIZES = [100, 1000, 10_000, 100_000];
/** For what differs from run to run by assumptions only: enough to see it. */
const FEW = 1000;

type Scenario = readonly [name: string, assumptions: Partial<Assumptions>];

/** All at once is not simulated for 100 000: the service would try more than ten million rotations in vain. */
const SCENARIOS: readonly Scenario[] = [
  ...SIZES.map((secrets): Scenario => [SPREAD, spread(secrets)]),
  ...SIZES.slice(0, 3).map((secrets): Scenario => [AT_ONCE, { secrets }]),
  [RESERVED, { secrets: 10_000, concurrency: 200 }],
  ["all at once, the SDK's three attempts alone", { secrets: FEW, patience: SDK_ALONE }],
  ["all at once, tried again after 1 s", { secrets: FEW, retrySeconds: 1 }],
  ["all at once, tried again after 60 s", { secrets: FEW, retrySeconds: 60 }],
  ["all at once, throttled calls use up quota", { secrets: FEW, throttledCount: true }],
  [`${SPREAD}, the SDK's three attempts alone`, { ...spread(FEW), patience: SDK_ALONE }],
  [`${SPREAD}, throttled calls use up quota`, { ...spread(FEW), throttledCount: true }],
  ["spread over twice that time, throttled calls use up quota", { ...twice(FEW), throttledCount: true }],
  [`${RESERVED}, tried again after 60 s`, { secrets: 10_000, concurrency: 200, retrySeconds: 60 }],
];

/** Watches the PostgreSQL single-user function at work, and lets fleets of secrets be rotated as it does. */
export async function measureFleet(quick: boolean): Promise<FleetRun[]> {
  const [rotation] = FUNCTIONS;
  if (rotation === undefined) throw new Error("There is no function.");
  const model = await recordFunction(rotation);
  const runs: FleetRun[] = [];
  for (const [scenario, different] of SCENARIOS) {
    const assumptions = { ...ASSUMED, ...different };
    if (quick && assumptions.secrets > FEW) continue;
    const outcome = await simulateFleet(model, assumptions, createRandom(BigInt(assumptions.secrets)));
    runs.push({ scenario, assumptions, outcome, ratio: outcome.seconds / shortest(assumptions.secrets) });
  }
  return runs;
}
