import { runFrozenCase } from "./freeze/case.ts";
import type { Scene } from "./harness.ts";
import { isFreezing, type Strike, strike } from "./injections.ts";
import { rememberAll } from "./stale-answers.ts";
import type { SubjectOptions } from "./subject.ts";
import { type Outcome, rotateWatched } from "./watched-rotation.ts";

export interface StruckOutcome extends Outcome {
  /** How many of the strikes came about. */
  readonly struck: number;
  /** The points at which Secrets Manager could have answered something that was true before. */
  readonly mayBeStale: ReadonlySet<string>;
}

/**
 * Rotates a new user with faults on the way: the first strike in the first attempt, the second one in the second. The
 * service tries the whole rotation again with the same token, as often as the scene's service does.
 */
export async function runCase(
  scene: Scene,
  options: SubjectOptions,
  strikes: readonly Strike[],
  onStrike: () => Promise<void> = async () => {},
): Promise<StruckOutcome> {
  const [first] = strikes;
  if (first && isFreezing(first)) return runFrozenCase(scene, options, first, onStrike);
  using past = rememberAll(scene.stack.secretsManager);
  const came = new Set<Strike>();
  const mayBeStale = new Set<string>();
  const outcome = await rotateWatched(scene, options, {
    onEffect: async (effect, point, watched) => {
      const staleAnswer = effect.request && past.staleAnswer(effect.request);
      if (staleAnswer && effect.moment === "before") mayBeStale.add(point);
      const planned = strikes[effect.attempt - 1];
      if (planned?.point !== point || planned.moment !== effect.moment) return "pass";
      if (!came.has(planned)) await onStrike();
      came.add(planned);
      watched.struck();
      return await strike(planned, effect, scene, staleAnswer);
    },
  });
  return { ...outcome, struck: came.size, mayBeStale };
}
