import type { Scene } from "./scene.ts";
import { type Recall, remember } from "./stale.ts";
import { type Strike, strike } from "./strikes.ts";
import type { SubjectOptions } from "./subject.ts";
import { type Outcome, rotateWatched } from "./watched-rotation.ts";

/**
 * Rotates a new user with faults on the way: the first strike in the first attempt, the second one in the second. The
 * service tries the whole rotation again with the same token, as often as the scene's service does.
 *
 * @returns how it went, and how many of the strikes came about.
 */
export async function runCase(
  scene: Scene,
  options: SubjectOptions,
  strikes: readonly Strike[],
  onStrike: () => Promise<void> = async () => {},
): Promise<Outcome & { readonly struck: number }> {
  const { secretsManager } = scene.stack;
  const came = new Set<Strike>();
  let recall: Recall | undefined;
  const outcome = await rotateWatched(scene, options, {
    onEffect: async (effect, point, watched) => {
      recall ??= remember(secretsManager, watched.arn);
      const planned = strikes[effect.attempt - 1];
      if (planned?.point === point && planned.moment === effect.moment) {
        if (!came.has(planned)) await onStrike();
        came.add(planned);
        watched.struck();
        return await strike(planned, effect, scene, recall);
      }
      const writes = effect.kind === "call" && /^(Put|Update)/.test(effect.text);
      if (writes && effect.moment === "before") recall = remember(secretsManager, watched.arn);
      return "pass";
    },
  });
  return { ...outcome, struck: came.size };
}
