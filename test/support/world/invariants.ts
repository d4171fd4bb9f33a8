import { expect } from "vitest";
import type { ApiRequest } from "../interception.ts";
import { moves, type Observation, puts, tokenOf } from "./observation.ts";
import { OF_A_STEP, once, writes } from "./rules-of-a-step.ts";
import { isReachable } from "./snapshot.ts";

// Invariants that hold after every operation, also of other clients. The numbers are those of the list of invariants of
// a rotation. Missing numbers are about engines that mint credentials, or about internals.

/** @param latest the last observations of the history: one, or two if a step ran twice. */
export function checkInvariants(history: readonly Observation[], latest: readonly Observation[]): void {
  const [first, again] = latest;
  for (const observation of latest) for (const invariant of OF_ONE_OBSERVATION) invariant(observation);
  if (first && again) I10_idempotentSteps(first, again);
  I17_writeBudget(history);
}

/** Checks the invariants that hold at every instant, also in the middle of a step. */
export function checkInstant(moments: Moments): void {
  I1_oneHolder(moments);
  I2_readable(moments);
  I5_writeOnce(moments);
}

type Moments = Pick<Observation, "before" | "after">;

/** Each label has at most one version. AWSCURRENT has exactly one, and AWSPREVIOUS is on another version. */
function I1_oneHolder({ after }: Moments): void {
  const labels = Object.values(after.labels).flat();
  expect(labels.length, "I1").toBe(new Set(labels).size);
  expect(after.current, "I1").toBeDefined();
  expect(after.previous === after.current, "I1").toBe(false);
}

/** The secret can be read. A request that names no version gets AWSCURRENT. */
function I2_readable({ after }: Moments): void {
  expect(after.byDefault, "I2").toBe(after.values.get(after.current ?? ""));
}

/**
 * The function never takes away the last labeled version with a working password. No operation takes away the last
 * version with one.
 */
function I4_loginability(observation: Observation): void {
  const { before, after, invocation } = observation;
  expect(after.working.length, "I4").toBeGreaterThan(0);
  // A client that moves a label may leave the working password without a label. The function cannot prevent that.
  const byFunction = tokenOf(observation) !== undefined && invocation?.accident !== "put";
  if (byFunction && isReachable(before)) expect(isReachable(after), "I4").toBe(true);
}

/** The value of a version never changes. */
function I5_writeOnce({ before, after }: Moments): void {
  for (const [version, value] of before.values) expect(after.values.get(version), "I5").toBe(value);
}

/** A step that has succeeded may run again. It succeeds again and changes nothing. */
function I10_idempotentSteps(first: Observation, again: Observation): void {
  expect(again.invocation?.succeeded, "I10").toEqual([true]);
  expect(again.after, "I10").toEqual(first.after);
}

/**
 * A rotation succeeds from any state if a labeled version of the same server has a working password. Exception:
 * AWSPENDING names another server.
 */
function I10_replayReachesDone({ before, rotation }: Observation): void {
  if (rotation === undefined || rotation.testOnly) return;
  const hostOf = (version = "") => JSON.parse(before.values.get(version) ?? "{}").host;
  const host = hostOf(before.current);
  const strayed = ![undefined, host].includes(hostOf(before.pending));
  const usable = before.working.some((version) => version in before.labels && hostOf(version) === host);
  if (usable && !strayed) expect(rotation.succeeded, "I10").toBe(true);
}

/** RotateImmediately=false passes if AWSCURRENT logs in, and leaves everything as it was. */
function I15_testOnly(observation: Observation): void {
  const { rotation, before, after } = observation;
  if (rotation?.testOnly !== true) return;
  expect(rotation.succeeded, "I15").toBe(before.working.includes(before.current ?? ""));
  expect(writes(observation), "I15").toEqual([]);
  expect({ ...after, labels: withoutPending(after.labels) }, "I15").toEqual({
    ...before,
    labels: withoutPending(before.labels),
    pending: undefined,
    enabled: true,
  });
}

/** A copy of the labels without AWSPENDING, which AWS may leave on the current version. */
function withoutPending(labels: Observation["before"]["labels"]): Record<string, string[]> {
  const others = Object.entries(labels).map(([version, all]) => [
    version,
    all.filter((one) => one !== "AWSPENDING"),
  ]);
  return Object.fromEntries(others);
}

/** A rotation stores one value and moves one label; setSecret and testSecret write nothing. */
function I17_writeBudget(history: readonly Observation[]): void {
  const moved = new Set<unknown>();
  const stored = new Set<unknown>();
  for (const observation of history) {
    const step = observation.invocation?.step;
    if (step === "setSecret" || step === "testSecret") expect(writes(observation), "I17").toEqual([]);
    for (const { input } of once(succeeded(puts(observation)), observation)) {
      expect(stored, "I17").not.toContain(input.ClientRequestToken);
      stored.add(input.ClientRequestToken);
    }
    for (const { input } of succeeded(moves(observation))) {
      expect(moved, "I17").not.toContain(input.MoveToVersionId);
      moved.add(input.MoveToVersionId);
    }
    // An administrator may move AWSCURRENT back while AWSPENDING is still there. The rotation then has to finish once
    // more.
    const { before, after } = observation;
    if (tokenOf(observation) === undefined && before.current !== after.current) moved.delete(before.current);
  }
}

function succeeded(requests: readonly ApiRequest[]): ApiRequest[] {
  return requests.filter(({ output }) => output !== undefined);
}

const OF_ONE_OBSERVATION = [
  ...OF_A_STEP,
  I1_oneHolder,
  I2_readable,
  I4_loginability,
  I5_writeOnce,
  I10_replayReachesDone,
  I15_testOnly,
];
