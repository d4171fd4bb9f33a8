import type { FrozenProcesses } from "../../../local/lambda/function.ts";
import { lastFailure } from "../../support/failures.ts";
import type { InjectedOutcome } from "../case.ts";
import type { Harness } from "../harness.ts";
import type { Fault, Injection } from "../injections.ts";
import type { Monitor } from "../monitor.ts";
import type { SubjectOptions } from "../subject.ts";
import { rotateWatched } from "../watched-rotation.ts";
import { blocked } from "./blocked.ts";
import type { FreezingFault, Means } from "./fault.ts";
import { stayFrozen } from "./stay-frozen.ts";
import { wakeAbandoned, wakeAfterNext } from "./wake.ts";

const FAULTS: Partial<Record<Fault, (harness: Harness, means: Means) => FreezingFault>> = {
  freeze: stayFrozen,
  wake: wakeAfterNext,
  abandon: wakeAbandoned,
  blocked,
};

/** Reasons of a step that has waited for a lock of the frozen process, as long as its own time allowed. */
const WAITED = ["locked", "deadline"];

/**
 * Rotates a new user and stops the function's process at a point of the first attempt. The service gives that step up and
 * retries the rotation, with the same token, in a new process.
 */
export async function runFrozenCase(
  harness: Harness,
  options: SubjectOptions,
  injection: Injection,
  onStrike: () => Promise<void>,
): Promise<InjectedOutcome> {
  const problems: string[] = [];
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let frozen: FrozenProcesses | undefined;

  await using cleanUp = new AsyncDisposableStack();
  const freezeNow = async (watched: Monitor) => {
    if (frozen) return;
    await onStrike();
    frozen = cleanUp.use(harness.freeze());
    watched.struck("freeze");
    reached.resolve();
  };
  /** What the function has sent before it was stopped reaches the other side when it goes on. */
  const wake = async () => {
    released.resolve();
    await frozen?.wake();
  };
  const fault = FAULTS[injection.fault]?.(harness, { problems, freezeNow, wake });
  if (!fault) throw new Error(`${injection.fault} does not freeze a process.`);
  let failures = 0;
  const stop = harness.stack.secretsManager.observe((event) => {
    if (event.type !== "stepFinished" || event.error === undefined) return;
    failures++;
    if (failures === 1) return; // The frozen step.
    if (fault.mayWait && WAITED.includes(lastFailure(harness.stack, event.secretArn).reason)) return;
    problems.push(`After the frozen step, ${event.step} failed: ${event.error}`);
  });
  cleanUp.defer(stop);

  const outcome = await rotateWatched(harness, options, {
    onEffect: async (effect, at, watched) => {
      if (frozen || effect.attempt > 1) return "pass";
      if (at === injection.point && effect.moment === injection.moment) await fault.begin(watched);
      else fault.onEffect?.(effect, watched);
      // An answer waits in the socket of the frozen process. A request waits here.
      if (frozen && effect.moment === "before" && at === injection.point) await released.promise;
      return "pass";
    },
    onInvoke: async (event, invoke, watched) => {
      if (frozen) return invoke(event);
      const step = invoke(event);
      await Promise.race([step.catch(() => {}), reached.promise]);
      if (!frozen) return step;
      await fault.giveUp(step, watched);
    },
    rotate: async (watched) => {
      const rotate = fault.rotate ?? (({ subject }) => harness.stack.rotate(subject.arn));
      const outcome = await rotate(watched);
      // What the server still keeps for the process must not keep its users from being dropped.
      await frozen?.[Symbol.asyncDispose]();
      return outcome;
    },
  });
  return {
    ...outcome,
    problems: [...outcome.problems, ...problems],
    converged: outcome.converged && problems.length === 0,
    struck: frozen ? 1 : 0,
    mayBeStale: new Set(),
  };
}
