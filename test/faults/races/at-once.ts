import type { Step } from "../../../local/secrets-manager/events.ts";
import { barrier } from "../../contract/support/gate.ts";
import type { Verdict } from "../../support/interception.ts";
import type { Effect } from "../harness.ts";
import type { Interference } from "../watched-rotation.ts";

/** Where the invocations of a step wait for one another. */
export const MEETINGS = ["guard", "effect"] as const;
export type Meeting = (typeof MEETINGS)[number];

/** What each step does first when its guard has let it through. */
const FIRST_EFFECT: Record<Step, string | undefined> = {
  createSecret: "PutSecretValue",
  setSecret: undefined, // A login, whoever it is.
  testSecret: undefined,
  finishSecret: "UpdateSecretVersionStage",
};

export interface AtOnce extends Interference {
  readonly invocations: number;
  /** For each invocation that failed, what it threw. */
  readonly failed: readonly string[];
}

/**
 * Every step is invoked so many times at the same time, each time in an execution environment of its own. All of them
 * have asked what the guard asks before any of them goes on.
 */
export function atOnce(times: number, meeting: Meeting, onlyBetweenSteps: boolean): AtOnce {
  const failed: string[] = [];
  let invocations = 0;
  let meet = barrier(times);
  return {
    monitorOptions: { times, onlyBetweenSteps },
    onInvoke: async (event, invoke) => {
      meet = barrier(times);
      invocations += times;
      const all = Array.from({ length: times }, () => invoke(event));
      for (const outcome of await Promise.allSettled(all)) {
        if (outcome.status === "rejected") failed.push(`${event.Step}: ${outcome.reason}`);
      }
      await Promise.all(all);
    },
    onEffect: async (effect): Promise<Verdict> => {
      if (isPlace(effect, meeting)) await meet();
      return "pass";
    },
    get invocations() {
      return invocations;
    },
    failed,
  };
}

function isPlace({ step, kind, moment, text }: Effect, meeting: Meeting): boolean {
  if (meeting === "guard") return moment === "after" && text === "DescribeSecret";
  const first = step && FIRST_EFFECT[step];
  return moment === "before" && (first ? text === first : kind === "login");
}
