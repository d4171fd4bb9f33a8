import { ENGINE_NAMES, ENGINES, type EngineName } from "../../local/engines.ts";
import { AT_ONCE, FLEET, RESERVED, SPREAD } from "../fleet/measure.ts";
import { shortest } from "../fleet/simulate.ts";
import { FUNCTIONS } from "../functions.ts";
import { type FunctionResults, present, type Results } from "../results.ts";
import { kilobytes, megabytes } from "./section.ts";

/** Something that is to be reached, and how far it is. */
export interface Target {
  readonly what: string;
  /** What it is compared to. */
  readonly peer: string;
  readonly toReach: string;
  /** undefined if it was not measured. */
  readonly measured: string | undefined;
  readonly reached: boolean | undefined;
}

/** An engine that is not named here is held to its budget alone. */
const COLD_START: Partial<Record<EngineName, number>> = { postgres: 2.4, mysql: 2.6, mariadb: 2.6 };
const ZIPPED_KB: Partial<Record<EngineName, number>> = { postgres: 105, mysql: 160, mariadb: 160 };
const MEMORY_MB = 80;

/** Where several functions are held to one target, the worst of them counts. */
export function targets(results: Results): Target[] {
  return [
    ...roundTrips(results),
    ...ENGINE_NAMES.flatMap((engine) => coldStart(results, engine, COLD_START[engine])),
    ...ENGINE_NAMES.flatMap((engine) => zipped(results, engine, ZIPPED_KB[engine])),
    memory(results),
    ...fleets(results),
    besideAws(results),
  ];
}

function roundTrips(results: Results): Target[] {
  const rotations = of(results, (name) => name.endsWith("single-user")).flatMap(
    ({ roundTrips: measured }) => {
      const both = present(measured);
      return both ? [both.first, both.next] : [];
    },
  );
  const calls = worst(rotations.map(({ apiCalls }) => apiCalls));
  const failed = worst(rotations.map(({ failedApiCalls }) => failedApiCalls));
  const sequential = worst(rotations.map((rotation) => rotation.sequentialApiRoundTrips));
  const both = calls !== undefined && failed !== undefined;
  return [
    {
      what: "API calls, single-user",
      peer: "AWS's templates: 14, 1 of them failed",
      toReach: "≤ 11, 0 failed",
      measured: both ? `${calls}, ${failed} failed` : undefined,
      reached: both ? calls <= 11 && failed === 0 : undefined,
    },
    {
      what: "API round trips that wait for each other, single-user",
      peer: "AWS's templates: 14",
      ...atMost(6, sequential, String),
    },
  ];
}

function coldStart(results: Results, engine: EngineName, most?: number): Target[] {
  if (most === undefined) return [];
  const ratios = of(results, (name) => name.startsWith(`${engine}-`)).flatMap(({ coldStart: measured }) => {
    const times = present(measured);
    return times
      ? [
          {
            ours: times.ours.ready / times.empty.ready,
            peer: times.straightforward.ready / times.empty.ready,
          },
        ]
      : [];
  });
  const peer = worst(ratios.map((one) => one.peer));
  return [
    {
      what: `cold start to ready, ${ENGINES[engine].product}`,
      peer: `empty handler: 1.0${peer === undefined ? "" : `; straightforward build: ${peer.toFixed(2)}`}`,
      ...atMost(most, worst(ratios.map(({ ours }) => ours)), (value) => value.toFixed(2)),
    },
  ];
}

function zipped(results: Results, engine: EngineName, most?: number): Target[] {
  if (most === undefined) return [];
  const sizes = of(results, (name) => name.startsWith(`${engine}-`)).flatMap(
    ({ bundle }) => present(bundle) ?? [],
  );
  const peer = worst(sizes.map(({ straightforwardSmall }) => straightforwardSmall.zipped));
  return [
    {
      what: `code, zipped, ${ENGINES[engine].product}`,
      peer: `straightforward build, minified ES modules${peer === undefined ? "" : `: ${kilobytes(peer)}`}`,
      ...atMost(most * 1024, worst(sizes.map(({ code }) => code.zipped)), kilobytes),
    },
  ];
}

function memory(results: Results): Target {
  const peaks = of(results, () => true).flatMap((one) => present(one.memory)?.ours ?? []);
  return {
    what: "peak memory, all functions",
    peer: "Lambda's smallest size: 128 MB",
    ...atMost(MEMORY_MB * 1024 ** 2, worst(peaks), megabytes),
  };
}

/** The same under each assumption about how a window begins: the target is one of them only. */
function fleets(results: Results): Target[] {
  return [SPREAD, RESERVED, AT_ONCE].map((scenario) => {
    const run = present(results.fleet)?.find(
      (one) => one.scenario === scenario && one.assumptions.secrets === FLEET,
    );
    const done = run?.outcome.rotated === FLEET;
    const target = atMost(1.1, run?.ratio, (value) => value.toFixed(3));
    return {
      what: `fleet of 10 000, ${scenario}`,
      peer: `${shortest(FLEET)} s at the write quota: 1.0`,
      toReach: "≤ 1.1, 0 lost",
      measured: run && `${done ? target.measured : "not all"}, ${run.outcome.lost} lost`,
      reached: run && (target.reached ?? false) && done,
    };
  });
}

function besideAws(results: Results): Target {
  const measured = present(results.functions["postgres-single-user"]?.besideAws);
  return {
    what: "whole rotation, PostgreSQL single-user, once cold and three times warm",
    peer: `AWS's template: 1.0${measured ? `; empty handler: ${(measured.empty / measured.aws.onceCold).toFixed(2)}` : ""}`,
    ...atMost(0.3, measured && measured.ours.onceCold / measured.aws.onceCold, (value) => value.toFixed(2)),
  };
}

function atMost(limit: number, value: number | undefined, format: (value: number) => string) {
  return {
    toReach: `≤ ${format(limit)}`,
    measured: value === undefined ? undefined : format(value),
    reached: value === undefined ? undefined : value <= limit,
  };
}

function of({ functions }: Results, wanted: (name: string) => boolean): FunctionResults[] {
  return FUNCTIONS.filter(({ name }) => wanted(name)).map(({ name }) => functions[name] ?? {});
}

function worst(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}
