import { setTimeout as wait } from "node:timers/promises";
import { STEPS, type Step } from "../../../local/secrets-manager/events.ts";
import { lastFailure } from "../../support/failures.ts";
import type { Verdict } from "../../support/interception.ts";
import type { Snapshot } from "../../support/world/snapshot.ts";
import type { Effect, Harness } from "../harness.ts";
import type { Point } from "../points.ts";
import type { Interference } from "../watched-rotation.ts";

/** A step that begins while the one before it, or another run of itself, has come as far as a point and no farther. */
export interface Overlap {
  readonly former: Step;
  readonly latter: Step;
  readonly point: string;
  readonly moment: Effect["moment"];
}

/** The same step may have to wait for a lock of its former run: then that one goes on after this time. */
const PATIENCE_MS = 400;

/** Why a step is refused that comes before the one before it has done its work, and by which reasons. */
const TOO_EARLY: Partial<Record<Step, readonly string[]>> = {
  setSecret: ["no-value"],
  testSecret: ["login-rejected"],
};

export interface Overlapping extends Interference {
  /** Whether it came about. */
  readonly happened: boolean;
  /** Whether the latter was refused, as it had to be. */
  readonly refused: boolean;
  /** What should not have failed, or not like that. */
  readonly problems: readonly string[];
}

/** Each step, with the next one and with itself; after finishSecret the rotation is begun once more. */
export function overlapsAt({ name }: Point): Overlap[] {
  const former = STEPS.find((step) => name.startsWith(`${step}.`));
  if (former === undefined) return [];
  const next = STEPS[(STEPS.indexOf(former) + 1) % STEPS.length] ?? former;
  return [next, former].flatMap((latter) =>
    (["before", "after"] as const).map((moment) => ({ former, latter, point: name, moment })),
  );
}

export function nameOfOverlap({ former, latter, point, moment }: Overlap): string {
  return `${latter} during ${former} at ${moment}/${point}`;
}

/** Neither of the two steps may fail, unless the latter needs what the former has not done yet. */
export function overlapping(harness: Harness, { former, latter, point, moment }: Overlap): Overlapping {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const problems: string[] = [];
  let happened = false;
  let refused = false;
  let begun = false;
  let escaped = false;

  return {
    monitorOptions: { onlyInstants: true },
    onEffect: async (effect, at): Promise<Verdict> => {
      // The SDK does not wait for ever for a call that is held.
      if (happened && at === point && effect.retry) escaped = true;
      if (happened || !begun || at !== point || effect.moment !== moment) return "pass";
      happened = true;
      reached.resolve();
      await release.promise;
      return "pass";
    },
    onInvoke: async (event, invoke, watched) => {
      if (begun || event.Step !== former) return invoke(event);
      begun = true;
      const first = invoke(event);
      await Promise.race([reached.promise, first.catch(() => {})]);
      if (!happened) return first;
      const ready = isReady(latter, former, await watched.look(), event.ClientRequestToken);
      if (latter === "setSecret") watched.settingBegins();
      const second = invoke({ ...event, Step: latter });
      const [outcome] = await Promise.allSettled([
        (latter === former ? Promise.race([second, wait(PATIENCE_MS)]) : second).finally(release.resolve),
      ]);
      const ended = outcome.status === "rejected" ? outcome : (await Promise.allSettled([second]))[0];
      if (ended.status === "rejected") {
        const { reason } = lastFailure(harness.stack, event.SecretId);
        refused = !ready && TOO_EARLY[latter]?.includes(reason) === true;
        if (!refused) problems.push(`${latter} failed: ${reason}: ${ended.reason}`);
      } else if (!ready && !escaped) {
        problems.push(`${latter} succeeded before ${former} had done its work.`);
      }
      await first.catch((error: unknown) => problems.push(`${former} failed: ${error}`));
    },
    get happened() {
      return happened;
    },
    get refused() {
      return refused;
    },
    problems,
  };
}

/** Whether all is there that the step needs: the stored value, or a database that knows it. */
function isReady(latter: Step, former: Step, { values, working }: Snapshot, token: string): boolean {
  if (latter === former) return true;
  if (latter === "setSecret") return values.get(token) !== "undefined" && values.has(token);
  return latter === "testSecret" ? working.includes(token) : true;
}
