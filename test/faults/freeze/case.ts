import type { FrozenProcesses } from "../../../local/lambda/function.ts";
import { lastFailure } from "../../support/failures.ts";
import type { StruckOutcome } from "../case.ts";
import type { Scene } from "../harness.ts";
import type { Fault, Strike } from "../injections.ts";
import type { Watch } from "../monitor.ts";
import type { SubjectOptions } from "../subject.ts";
import { rotateWatched } from "../watched-rotation.ts";
import { blocked } from "./blocked.ts";
import type { FreezingFault, Means } from "./fault.ts";
import { stayFrozen } from "./stay-frozen.ts";
import { wakeAbandoned, wakeAfterNext } from "./wake.ts";

const FAULTS: Partial<Record<Fault, (scene: Scene, means: Means) => FreezingFault>> = {
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
  scene: Scene,
  options: SubjectOptions,
  strike: Strike,
  onStrike: () => Promise<void>,
): Promise<StruckOutcome> {
  const problems: string[] = [];
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let frozen: FrozenProcesses | undefined;

  await using cleanUp = new AsyncDisposableStack();
  const freezeNow = async (watched: Watch) => {
    if (frozen) return;
    await onStrike();
    frozen = cleanUp.use(scene.freeze());
    watched.struck("freeze");
    reached.resolve();
  };
  /** What the function has sent before it was stopped reaches the other side when it goes on. */
  const wake = async () => {
    released.resolve();
    await frozen?.wake();
  };
  const fault = FAULTS[strike.fault]?.(scene, { problems, freezeNow, wake });
  if (!fault) throw new Error(`${strike.fault} does not freeze a process.`);
  let failures = 0;
  const stop = scene.stack.secretsManager.observe((event) => {
    if (event.type !== "stepFinished" || event.error === undefined) return;
    failures++;
    if (failures === 1) return; // The frozen step.
    if (fault.mayWait && WAITED.includes(lastFailure(scene.stack, event.secretArn).reason)) return;
    problems.push(`After the frozen step, ${event.step} failed: ${event.error}`);
  });
  cleanUp.defer(stop);

  const outcome = await rotateWatched(scene, options, {
    onEffect: async (effect, at, watched) => {
      if (frozen || effect.attempt > 1) return "pass";
      if (at === strike.point && effect.moment === strike.moment) await fault.begin(watched);
      else fault.onEffect?.(effect, watched);
      // An answer waits in the socket of the frozen process. A request waits here.
      if (frozen && effect.moment === "before" && at === strike.point) await released.promise;
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
      const rotate = fault.rotate ?? (({ subject }) => scene.stack.rotate(subject.arn));
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
