import { expect } from "vitest";
import { findSecrets } from "../find-secrets.ts";
import type { ApiRequest } from "../interception.ts";
import { moves, type Observation, puts, tokenOf } from "./observation.ts";

// Rules for the calls and writes of a step. They hold whatever the database does, and whatever other clients do to the
// secret.

/** @returns the first rule that a step broke; undefined if it broke none. */
export function brokenRule(observation: Observation): string | undefined {
  try {
    for (const invariant of OF_A_STEP) invariant(observation);
    return undefined;
  } catch (error) {
    return `${observation.invocation?.step}: ${error instanceof Error ? error.message : error}`.slice(0, 400);
  }
}

/** A step connects to the database only after it has read the pending value. Only createSecret generates a password. */
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

/**
 * Only finishSecret moves AWSCURRENT, to a version that has a value and AWSPENDING, and never from that version itself.
 */
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

/** An invocation moves AWSCURRENT once, from the version on which it saw the label. */
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

/** Once the token is AWSCURRENT, no step writes or connects to the database. */
function I11_inertAfterPromotion(observation: Observation): void {
  const { invocation, before, connections } = observation;
  if (invocation === undefined || invocation.token !== before.current || invocation.accident) return;
  expect(writes(observation), "I11").toEqual([]);
  expect(connections, "I11").toBe(0);
  for (const succeeded of invocation.succeeded) expect(succeeded, "I11").toBe(before.enabled);
}

/** A step that fails leaves AWSCURRENT where it was. Only a move from before the process died may remain. */
function I12_failureKeepsServiceUp({ invocation, before, after }: Observation): void {
  if (invocation === undefined || invocation.succeeded.some(Boolean) || after.current === before.current)
    return;
  expect(invocation.accident, "I12").toBeDefined();
  if (after.current === invocation.token) expect(invocation.step, "I12").toBe("finishSecret");
}

/** A token that has lost AWSPENDING, or never had it, is refused and never promoted. */
function I13_abandonment(observation: Observation): void {
  const { invocation, before, after } = observation;
  if (invocation === undefined || invocation.accident) return;
  if (invocation.token === before.pending || invocation.token === before.current) return;
  expect(invocation.succeeded, "I13").not.toContain(true);
  expect(writes(observation), "I13").toEqual([]);
  expect(after.labels, "I13").toEqual(before.labels);
  expect(after.working, "I13").toEqual(before.working);
}

/** The function puts AWSPENDING on its token, moves AWSCURRENT, and touches no other label. */
function I16_labelHygiene(observation: Observation): void {
  for (const { input } of puts(observation)) expect(input.VersionStages, "I16").toEqual(["AWSPENDING"]);
  for (const { input } of moves(observation)) expect(input.VersionStage, "I16").toBe("AWSCURRENT");
}

/** The function stores values only under the event's token, and with the event's RotationToken if there is one. */
function I18_tokenDiscipline(observation: Observation): void {
  for (const { input } of puts(observation)) {
    expect(input.ClientRequestToken, "I18").toBe(tokenOf(observation));
    const byService = observation.rotation !== undefined || observation.invocation?.byService === true;
    expect("RotationToken" in input, "I18").toBe(byService);
  }
}

/** The function's output contains no password and no RotationToken. */
function I19_silence(observation: Observation): void {
  const passwords = [...observation.after.values.values()].map((value) => String(JSON.parse(value).password));
  const tokens = puts(observation).flatMap(({ input }) =>
    input.RotationToken ? String(input.RotationToken) : [],
  );
  expect(findSecrets([...passwords, ...tokens], observation.log), "I19").toEqual([]);
}

/** The new value is the current one with another password. If two users alternate, it also has the other user (I22). */
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

/** A step ends by itself, with a message, before Lambda ends it. A frozen process is exempt. */
function I21_time({ invocation }: Observation): void {
  if (invocation?.accident === "freeze") return;
  expect(invocation?.timedOut ?? false, "I21").toBe(false);
}

function describedBefore({ requests }: Observation, index: number): Record<string, string[]>[] {
  return requests
    .slice(0, index)
    .filter(({ operation }) => operation === "DescribeSecret")
    .map(({ output }) => Object(output?.VersionIdsToStages));
}

/**
 * Requests without repetitions. After an accident, requests with the same input count as one call, as retries by the
 * SDK do.
 */
export function once(requests: readonly ApiRequest[], { invocation }: Observation): readonly ApiRequest[] {
  if (invocation?.accident === undefined) return requests;
  return [...new Map(requests.map((request) => [JSON.stringify(request.input), request])).values()];
}

export function writes(observation: Observation): ApiRequest[] {
  return [...puts(observation), ...moves(observation)];
}

export const OF_A_STEP = [
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
