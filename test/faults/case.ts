import { runFrozenCase } from "./freeze/case.ts";
import type { Harness } from "./harness.ts";
import { type Injection, inject, isFreezing } from "./injections.ts";
import { recordAnswers } from "./stale-answers.ts";
import type { SubjectOptions } from "./subject.ts";
import { type Outcome, rotateWatched } from "./watched-rotation.ts";

export interface InjectedOutcome extends Outcome {
  /** How many of the injections came about. */
  readonly struck: number;
  /** The points at which Secrets Manager could have answered something that was true before. */
  readonly mayBeStale: ReadonlySet<string>;
}

/**
 * Rotates a new user with faults on the way: the first inject in the first attempt, the second one in the second. The
 * service tries the whole rotation again with the same token, as often as the harness's service does.
 */
export async function runCase(
  harness: Harness,
  options: SubjectOptions,
  injections: readonly Injection[],
  onStrike: () => Promise<void> = async () => {},
): Promise<InjectedOutcome> {
  const [first] = injections;
  if (first && isFreezing(first)) return runFrozenCase(harness, options, first, onStrike);
  using answers = recordAnswers(harness.stack.secretsManager);
  const came = new Set<Injection>();
  const mayBeStale = new Set<string>();
  const outcome = await rotateWatched(harness, options, {
    onEffect: async (effect, point, watched) => {
      const staleAnswer = effect.request && answers.staleAnswer(effect.request);
      if (staleAnswer && effect.moment === "before") mayBeStale.add(point);
      const planned = injections[effect.attempt - 1];
      if (planned?.point !== point || planned.moment !== effect.moment) return "pass";
      if (!came.has(planned)) await onStrike();
      came.add(planned);
      watched.struck();
      return await inject(planned, effect, harness, staleAnswer);
    },
  });
  return { ...outcome, struck: came.size, mayBeStale };
}
