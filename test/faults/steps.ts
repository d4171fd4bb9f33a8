import type { ServiceEvent } from "../../local/secrets-manager/events.ts";
import type { Invocation, Observation } from "../support/world/observation.ts";
import type { Snapshot } from "../support/world/snapshot.ts";
import type { Harness } from "./harness.ts";
import type { Subject } from "./subject.ts";

/** Sees each step of a subject's rotations as a whole: what was so before it, what it asked for, and what is so now. */
export interface Steps extends Disposable {
  /** Something else than the function had a hand in the step that is under way. */
  disturbed(by: Invocation["accident"]): void;
}

interface Seeing {
  /** Takes a snapshot; undefined while there is nothing to be seen. */
  look(): Promise<Snapshot | undefined>;
  /** What looks, one after the other. */
  readonly joinStatements: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** How many invocations of each step there are at the same time: one, unless told. */
  readonly times?: number | undefined;
  onStep(observation: Observation): void;
}

interface Begun {
  readonly requests: number;
  readonly connections: number;
  readonly lines: number;
  before?: Snapshot | undefined;
  accident?: Invocation["accident"];
}

export function watchSteps(
  harness: Harness,
  subject: Subject,
  { look, joinStatements, times = 1, onStep }: Seeing,
): Steps {
  const { stack, apiProxy, gate } = harness;
  let step: Begun | undefined;

  function begin(): void {
    const begun: Begun = {
      requests: apiProxy.requests.length,
      connections: gate.connections(),
      lines: stack.log.length,
    };
    step = begun;
    joinStatements(async () => {
      begun.before = await look();
    }).catch(() => {}); // Whoever looks has heard of it.
  }

  function end(begun: Begun, event: ServiceEvent & { readonly type: "stepFinished" }): void {
    const seen = {
      requests: apiProxy.requests.slice(begun.requests),
      connections: gate.connections() - begun.connections,
      log: stack.log.slice(begun.lines).join("\n"),
      twoUsers: harness.strategy === "master-user",
    };
    const invocation: Invocation = {
      step: event.step,
      token: event.token,
      succeeded: Array.from({ length: times }, () => event.error === undefined),
      accident: begun.accident,
      timedOut: event.error?.includes("Task timed out") === true,
      byService: true,
    };
    joinStatements(async () => {
      const after = await look();
      if (after) onStep({ ...seen, before: begun.before ?? after, after, invocation });
    }).catch(() => {});
  }

  const stop = stack.secretsManager.observe((event) => {
    if (event.secretArn !== subject.arn) return;
    if (event.type === "stepStarted") begin();
    if (event.type === "stepFinished" && step) end(step, event);
  });
  return {
    disturbed: (by) => {
      if (step) step.accident = by;
    },
    [Symbol.dispose]: stop,
  };
}
