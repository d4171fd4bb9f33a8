import { setTimeout as wait } from "node:timers/promises";
import type { RotationOutcome } from "../../../local/stack.ts";
import type { Harness } from "../harness.ts";
import type { Monitor } from "../monitor.ts";
import { CHANGES, callsOn } from "../outside/changes.ts";
import { type FreezingFault, type Means, TRUSTED_MS } from "./fault.ts";
import { changesBetween, stateOf } from "./state.ts";

/** A process that was woken ends its step within this time, in milliseconds. */
const ENDS_MS = 10_000;

/** The process goes on after the same token was promoted, and another one that changed the password of the same user. */
export function wakeAfterNext(harness: Harness, means: Means): FreezingFault {
  return {
    mayWait: true,
    begin: means.freezeNow,
    giveUp: giveUpEarly,
    rotate: async (watched) => {
      const turns = harness.strategy === "master-user" ? 2 : 1;
      let outcome = await harness.stack.rotate(watched.subject.arn);
      for (let turn = 1; outcome.succeeded && turn <= turns; turn++)
        outcome = await nextRotation(harness, watched, means);
      return wokenUnharmed(harness, watched, means, outcome);
    },
  };
}

/** The process goes on after its rotation was canceled and another token was promoted. */
export function wakeAbandoned(harness: Harness, means: Means): FreezingFault {
  return {
    mayWait: true,
    begin: means.freezeNow,
    giveUp: async (step, watched) => {
      const call = callsOn(harness.stack.secretsManager, watched.subject.arn);
      CHANGES.cancel.apply(call, await watched.look());
      CHANGES["take-pending"].apply(call, await watched.look());
      return giveUpEarly(step);
    },
    rotate: async (watched) => {
      await harness.stack.rotate(watched.subject.arn);
      return wokenUnharmed(harness, watched, means, await nextRotation(harness, watched, means));
    },
  };
}

/**
 * Does not wait for the function's timeout: as the clock of a process that was frozen with its machine, the deadline of
 * the step then has time left when it goes on, and only what it reads again can tell it that its rotation is over.
 */
async function giveUpEarly(step: Promise<void>): Promise<never> {
  step.catch(() => {});
  await wait(TRUSTED_MS * 1.1);
  throw new Error("Task timed out: the service has given up on the step.");
}

async function nextRotation(
  { stack }: Harness,
  { subject }: Monitor,
  { problems }: Means,
): Promise<RotationOutcome> {
  const outcome = await stack.rotate(subject.arn);
  if (!outcome.succeeded) problems.push(`The next rotation failed: ${outcome.error}`);
  return outcome;
}

async function wokenUnharmed(
  harness: Harness,
  watched: Monitor,
  { problems, wake }: Means,
  outcome: RotationOutcome,
): Promise<RotationOutcome> {
  if (!outcome.succeeded) return outcome;
  const before = await stateOf(harness, watched);
  const ended = await Promise.race([wake().then(() => true), wait(ENDS_MS, false)]);
  if (!ended)
    problems.push(`The frozen process did not end its step within ${ENDS_MS / 1000} s after it woke.`);
  for (const what of changesBetween(before, await stateOf(harness, watched)))
    problems.push(`The frozen process changed ${what} after it woke.`);
  return outcome;
}
