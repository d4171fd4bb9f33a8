import { ASSUMED } from "../../bench/fleet/assumptions.ts";
import { AT_ONCE, type FleetRun, ON_SCALING_PAGE } from "../../bench/fleet/measure.ts";
import { FUNCTIONS } from "../../bench/functions.ts";
import { SIZES } from "../../bench/measures/memory-sizes.ts";
import type { RoundTrips } from "../../bench/measures/round-trips.ts";
import { LATENCIES } from "../../bench/measures/wall-time.ts";
import type { FunctionResults, Results } from "../../bench/results.ts";
import { ENGINE_NAMES, ENGINES } from "../../local/engines.ts";

const inEachStep = <Value>(value: Value) => ({
  createSecret: value,
  setSecret: value,
  testSecret: value,
  finishSecret: value,
});

/** A number for each thing that a bench measures, all functions alike. */
export function wholeResults(means: string): Results {
  const starts = (ready: number) => ({ ready, steps: inEachStep(2 * ready) });
  const size = (zipped: number) => ({ raw: 3 * zipped, zipped });
  const trips: RoundTrips = {
    apiCalls: 11,
    failedApiCalls: 0,
    sequentialApiRoundTrips: 6,
    logins: 2,
    rejectedLogins: 0,
    sqlStatements: 4,
    perStep: inEachStep({ calls: 3, sequential: 2 }),
  };
  const times = (onceCold: number) => ({
    fourCold: 4 * onceCold,
    onceCold,
    warm: onceCold / 4,
    onceColdSmall: 3 * onceCold,
    apiCalls: 11,
    failedApiCalls: 0,
  });
  const besideAws = { runs: 7, ours: times(180), aws: times(300), empty: 57 };
  const one: Required<FunctionResults> = {
    bundle: {
      code: size(100_000),
      texts: size(5000),
      plain: size(300_000),
      plainMinified: size(200_000),
      plainModules: size(160_000),
      packages: [{ name: "this repository", bytes: 50_000 }],
    },
    roundTrips: { first: trips, next: trips },
    coldStart: { runs: 9, ours: starts(80), plain: starts(110), empty: starts(55) },
    memory: { runs: 5, ours: 72e6, plain: 80e6, empty: 58e6 },
    memorySizes: {
      runs: 5,
      means,
      bySize: SIZES.map((megabytes) => ({ megabytes, milliseconds: 1500, longestStep: 500 })),
    },
    wallTime: {
      runs: 5,
      means,
      byLatency: LATENCIES.map((latency) => ({
        latency,
        ours: { first: 800, warm: 300 },
        plain: { first: 900, warm: 400 },
      })),
    },
    besideAws,
    besideAwsOn: { "Another 2": besideAws },
  };
  return {
    date: "2026-01-01",
    machine: { processor: "p", cores: 2, memoryGigabytes: 4, system: "s", node: "24.0.0", packages: {} },
    quick: false,
    databases: Object.fromEntries(ENGINE_NAMES.map((engine) => [engine, `${ENGINES[engine].product} 1`])),
    awsTemplates: "Python 1",
    functions: Object.fromEntries(FUNCTIONS.map(({ name }) => [name, one])),
    fleet: ON_SCALING_PAGE.map((scenario) => fleetRun(scenario)).concat(fleetRun(AT_ONCE, 1000)),
  };
}

/** A fleet of which all but the last `missing` secrets are rotated. */
export function fleetRun(scenario: string, secrets = 10_000, missing = 0): FleetRun {
  return {
    scenario,
    assumptions: { ...ASSUMED, secrets },
    ratio: 1.0624,
    outcome: {
      seconds: 425,
      rotated: secrets - missing,
      waiting: missing,
      lockedOut: 0,
      lost: 0,
      windows: { p50: 0.46, p99: 12.4, max: 84.4 },
      writes: 2 * secrets,
      throttledCalls: 0,
      retriedCalls: 0,
      retriedRotations: 0,
      invocations: 0,
      refusedInvocations: 0,
      processes: 0,
    },
  };
}
