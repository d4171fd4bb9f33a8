import { STEPS, type Step } from "../../local/secrets-manager/events.ts";
import type { RotationFunction } from "../functions.ts";
import { rotationIn } from "../stage/rotation.ts";
import type { ApiCall, Stage } from "../stage/stage.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";

/** Counts of one rotation: calls to Secrets Manager, and logins and messages to the database. */
export interface RoundTrips {
  readonly apiCalls: number;
  readonly failedApiCalls: number;
  /** Length of the longest chain of calls that can have waited for each other, summed over the steps. */
  readonly sequentialApiRoundTrips: number;
  readonly logins: number;
  readonly rejectedLogins: number;
  /** Messages with SQL, each a round trip: one may hold several statements. */
  readonly sqlStatements: number;
  readonly perStep: Record<Step, { readonly calls: number; readonly sequential: number }>;
}

/** The first rotation of a secret, in which master-user creates the clone, and the next one. */
export interface FirstAndNext {
  readonly first: RoundTrips;
  readonly next: RoundTrips;
}

/**
 * Milliseconds of Secrets Manager for each answer: long enough that concurrent calls all arrive before the first answer, even
 * from a process that has just started on a busy machine.
 */
const THINKING_TIME = 160;

/** Rotates a new secret twice in one process, and counts round trips. The counts do not depend on the machine's speed. */
export async function countRoundTrips(
  stage: Stage,
  subject: Subject,
  { strategy }: RotationFunction,
): Promise<FirstAndNext> {
  stage.setThinkingTime(THINKING_TIME);
  const user = await stage.newUser(strategy);
  const environment = await startSubject(subject, stage);
  const count = async (isNew: boolean): Promise<RoundTrips> => {
    const callsBefore = stage.calls.length;
    const before = await stage.sessions(user);
    await rotationIn({ environment, isNew }, stage, user);
    const after = await stage.sessions(user);
    const calls = stage.calls.slice(callsBefore);
    const perStep = inEachStep((step) => {
      const ofStep = calls.filter((call) => call.step === step);
      return { calls: ofStep.length, sequential: sequentialRoundTrips(ofStep, THINKING_TIME) };
    });
    return {
      apiCalls: calls.length,
      failedApiCalls: calls.filter(({ failed }) => failed).length,
      sequentialApiRoundTrips: STEPS.reduce((sum, step) => sum + perStep[step].sequential, 0),
      logins: after.logins - before.logins,
      rejectedLogins: after.rejected - before.rejected,
      sqlStatements: after.sqlStatements - before.sqlStatements,
      perStep,
    };
  };
  try {
    return { first: await count(true), next: await count(false) };
  } finally {
    await environment.kill();
    stage.setThinkingTime(0);
  }
}

/**
 * Returns the length of the longest chain of calls in which each can have waited for the one before: it arrived after that
 * call's answer.
 *
 * @param calls in the order of arrival
 * @param thinkingTime milliseconds from the arrival of any call to its answer
 */
export function sequentialRoundTrips(calls: readonly Pick<ApiCall, "at">[], thinkingTime: number): number {
  let rounds = 0;
  let answered = Number.NEGATIVE_INFINITY;
  for (const { at } of calls) {
    if (at < answered) continue;
    rounds++;
    answered = at + thinkingTime - 2; // 2 ms: a timer may fire early.
  }
  return rounds;
}

function inEachStep<Value>(value: (step: Step) => Value): Record<Step, Value> {
  return {
    createSecret: value("createSecret"),
    setSecret: value("setSecret"),
    testSecret: value("testSecret"),
    finishSecret: value("finishSecret"),
  };
}
