import { expect } from "vitest";
import type { ApiRequest } from "../passage.ts";
import { found } from "../search.ts";
import { moves, type Observation, puts, tokenOf } from "./observation.ts";
import { isReachable } from "./snapshot.ts";

// What must hold after every operation, whoever did it. The numbers are those of the list of invariants of a rotation;
// those that are missing speak of engines that mint credentials, or of inner life.

/** @param latest the last observations of the history: one, or two of a step that ran twice. */
export function checkInvariants(history: readonly Observation[], latest: readonly Observation[]): void {
  const [first, again] = latest;
  for (const observation of latest) for (const invariant of OF_ONE_OBSERVATION) invariant(observation);
  if (first && again) I10_idempotentSteps(first, again);
  I17_writeBudget(history);
}

/**
 * What a step asks for and writes, whatever becomes of the database and of what somebody else does to the secret.
 *
 * @returns what is wrong with it, if anything is.
 */
export function brokenRule(observation: Observation): string | undefined {
  try {
    for (const invariant of OF_A_STEP) invariant(observation);
    return undefined;
  } catch (error) {
    return `${observation.invocation?.step}: ${error instanceof Error ? error.message : error}`.slice(0, 400);
  }
}

/** What must hold at every instant, also in the middle of a step. */
export function checkInstant(moments: Moments): void {
  I1_oneHolder(moments);
  I2_readable(moments);
  I5_writeOnce(moments);
}

type Moments = Pick<Observation, "before" | "after">;

/** Each label has one holder at most, AWSCURRENT exactly one, and AWSPREVIOUS another one. */
function I1_oneHolder({ after }: Moments): void {
  const labels = Object.values(after.labels).flat();
  expect(labels.length, "I1").toBe(new Set(labels).size);
  expect(after.current, "I1").toBeDefined();
  expect(after.previous === after.current, "I1").toBe(false);
}

/** The secret can be read, and what one gets without asking for a version is AWSCURRENT. */
function I2_readable({ after }: Moments): void {
  expect(after.byDefault, "I2").toBe(after.values.get(after.current ?? ""));
}

/** The function never takes away the last labelled version whose password logs in, and nobody the last version. */
function I4_loginability(observation: Observation): void {
  const { before, after, invocation } = observation;
  expect(after.working.length, "I4").toBeGreaterThan(0);
  // Who moves a label from outside may well uncover the password: the function cannot help it.
  const byFunction = tokenOf(observation) !== undefined && invocation?.accident !== "put";
  if (byFunction && isReachable(before)) expect(isReachable(after), "I4").toBe(true);
}

/** A version has one value for ever. */
function I5_writeOnce({ before, after }: Moments): void {
  for (const [version, value] of before.values) expect(after.values.get(version), "I5").toBe(value);
}

/** The database is asked for nothing before the pending value was read; only createSecret makes anything up. */
function I7_createBeforeSet({ invocation, requests, connections }: Observation): void {
  if (invocation === undefined) return;
  const made = requests.filter(({ operation }) => operation === "GetRandomPassword").length;
  if (invocation.step === "createSecret") expect(connections, "I7").toBe(0);
  else expect(made, "I7").toBe(0);
  const read = requests.some(
    ({ operation, input, output }) =>
      operation === "GetSecretValue" && input.VersionId === invocation.token && output !== undefined,
  );
  if (connections > 0) expect(read, "I7").toBe(true);
}

/** AWSCURRENT is moved by finishSecret only, to a version that has a value and AWSPENDING, and never from itself. */
function I8_testBeforePromote(observation: Observation): void {
  const { invocation, requests, after } = observation;
  for (const move of moves(observation)) {
    if (invocation) expect(invocation.step, "I8").toBe("finishSecret");
    expect(move.input.MoveToVersionId, "I8").toBe(tokenOf(observation));
    expect(move.input.RemoveFromVersionId, "I8").not.toBe(tokenOf(observation));
    expect(after.values.has(String(move.input.MoveToVersionId)), "I8").toBe(true);
    const seen = describedBefore(observation, requests.indexOf(move));
    expect(
      seen.some((labels) => labels[String(tokenOf(observation))]?.includes("AWSPENDING")),
      "I8",
    ).toBe(true);
  }
}

/** AWSCURRENT is moved once per invocation, from the version that this invocation saw it on. */
function I9_compareAndSwap(observation: Observation): void {
  const { invocation, requests } = observation;
  expect(once(moves(observation), observation).length, "I9").toBeLessThanOrEqual(
    invocation?.succeeded.length ?? 1,
  );
  for (const move of moves(observation)) {
    const seen = describedBefore(observation, requests.indexOf(move));
    const from = String(move.input.RemoveFromVersionId);
    expect(
      seen.some((labels) => labels[from]?.includes("AWSCURRENT")),
      "I9",
    ).toBe(true);
  }
}

function describedBefore({ requests }: Observation, index: number): Record<string, string[]>[] {
  return requests
    .slice(0, index)
    .filter(({ operation }) => operation === "DescribeSecret")
    .map(({ output }) => Object(output?.VersionIdsToStages));
}

/** A step that has succeeded may run again: it succeeds again, and nothing is different. */
function I10_idempotentSteps(first: Observation, again: Observation): void {
  expect(again.invocation?.succeeded, "I10").toEqual([true]);
  expect(again.after, "I10").toEqual(first.after);
}

/** A rotation from whatever state succeeds, as long as a labelled version of the same server has a password that works. */
function I10_replayReachesDone({ before, rotation }: Observation): void {
  if (rotation === undefined || rotation.testOnly) return;
  const hostOf = (version = "") => JSON.parse(before.values.get(version) ?? "{}").host;
  const host = hostOf(before.current);
  const strayed = ![undefined, host].includes(hostOf(before.pending));
  const usable = before.working.some((version) => version in before.labels && hostOf(version) === host);
  if (usable && !strayed) expect(rotation.succeeded, "I10").toBe(true);
}

/** Once the token is AWSCURRENT, no step writes or connects to the database. */
function I11_inertAfterPromotion(observation: Observation): void {
  const { invocation, before, connections } = observation;
  if (invocation === undefined || invocation.token !== before.current || invocation.accident) return;
  expect(writes(observation), "I11").toEqual([]);
  expect(connections, "I11").toBe(0);
  for (const succeeded of invocation.succeeded) expect(succeeded, "I11").toBe(before.enabled);
}

/** A step that fails leaves AWSCURRENT where it was; only a move that was made before the process died may stay. */
function I12_failureKeepsServiceUp({ invocation, before, after }: Observation): void {
  if (invocation === undefined || invocation.succeeded.some(Boolean) || after.current === before.current)
    return;
  expect(invocation.accident, "I12").toBeDefined();
  if (after.current === invocation.token) expect(invocation.step, "I12").toBe("finishSecret");
}

/** A token that has lost AWSPENDING, or never had it, is refused, and never promoted. */
function I13_abandonment(observation: Observation): void {
  const { invocation, before, after } = observation;
  if (invocation === undefined || invocation.accident) return;
  if (invocation.token === before.pending || invocation.token === before.current) return;
  expect(invocation.succeeded, "I13").not.toContain(true);
  expect(writes(observation), "I13").toEqual([]);
  expect(after.labels, "I13").toEqual(before.labels);
  expect(after.working, "I13").toEqual(before.working);
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

/** The function puts AWSPENDING on its token and moves AWSCURRENT, and touches no other label. */
function I16_labelHygiene(observation: Observation): void {
  for (const { input } of puts(observation)) expect(input.VersionStages, "I16").toEqual(["AWSPENDING"]);
  for (const { input } of moves(observation)) expect(input.VersionStage, "I16").toBe("AWSCURRENT");
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
    // If somebody moves AWSCURRENT back and AWSPENDING is still there, the rotation has to be finished once more.
    const { before, after } = observation;
    if (tokenOf(observation) === undefined && before.current !== after.current) moved.delete(before.current);
  }
}

/** After a fault, what is asked again word for word is one call, as it is where the SDK asks again by itself. */
function once(requests: readonly ApiRequest[], { invocation }: Observation): readonly ApiRequest[] {
  if (invocation?.accident === undefined) return requests;
  return [...new Map(requests.map((request) => [JSON.stringify(request.input), request])).values()];
}

/** Values are stored under the event's token only, and with its RotationToken if it has one. */
function I18_tokenDiscipline(observation: Observation): void {
  for (const { input } of puts(observation)) {
    expect(input.ClientRequestToken, "I18").toBe(tokenOf(observation));
    const byService = observation.rotation !== undefined || observation.invocation?.byService === true;
    expect("RotationToken" in input, "I18").toBe(byService);
  }
}

/** No password and no RotationToken is in the function's output. */
function I19_silence(observation: Observation): void {
  const passwords = [...observation.after.values.values()].map((value) => String(JSON.parse(value).password));
  const tokens = puts(observation).flatMap(({ input }) =>
    input.RotationToken ? String(input.RotationToken) : [],
  );
  expect(found([...passwords, ...tokens], observation.log), "I19").toEqual([]);
}

/** The new value is the current one with another password, and with another user if two of them take turns (I22). */
function I20_carryOver(observation: Observation): void {
  if (observation.invocation?.accident === "put") return;
  const current = JSON.parse(observation.before.values.get(observation.before.current ?? "") ?? "{}");
  for (const { input } of puts(observation)) {
    const { username, password, ...others } = JSON.parse(String(input.SecretString));
    expect({ ...others, username: current.username, password: current.password }, "I20").toEqual(current);
    expect(username !== current.username, "I22").toBe(observation.twoUsers === true);
    expect(password, "I20").not.toBe(current.password);
    expect(Buffer.byteLength(String(input.SecretString)), "I20").toBeLessThanOrEqual(65_536);
  }
}

/** A step ends by itself, with a sentence, before Lambda ends it. */
function I21_time({ invocation }: Observation): void {
  expect(invocation?.timedOut ?? false, "I21").toBe(false);
}

function succeeded(requests: readonly ApiRequest[]): ApiRequest[] {
  return requests.filter(({ output }) => output !== undefined);
}

function writes(observation: Observation): ApiRequest[] {
  return [...puts(observation), ...moves(observation)];
}

const OF_A_STEP = [
  I7_createBeforeSet,
  I8_testBeforePromote,
  I9_compareAndSwap,
  I11_inertAfterPromotion,
  I12_failureKeepsServiceUp,
  I13_abandonment,
  I16_labelHygiene,
  I18_tokenDiscipline,
  I19_silence,
  I20_carryOver,
  I21_time,
];

const OF_ONE_OBSERVATION = [
  ...OF_A_STEP,
  I1_oneHolder,
  I2_readable,
  I4_loginability,
  I5_writeOnce,
  I10_replayReachesDone,
  I15_testOnly,
];
