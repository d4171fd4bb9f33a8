import type { ServiceEvent } from "../../local/secrets-manager/events.ts";
import { oneAfterAnother } from "../support/one-after-another.ts";
import { checkInstant, checkInvariants } from "../support/world/invariants.ts";
import type { Invocation, Observation } from "../support/world/observation.ts";
import type { Snapshot } from "../support/world/snapshot.ts";
import { cameraOn } from "./camera.ts";
import { lockOutOf } from "./lock-out.ts";
import type { Scene } from "./scene.ts";
import type { Subject } from "./subject.ts";

/** Looks at a rotation as it goes on. Whatever is not as it must be is kept as a sentence. */
export interface Watch extends Disposable {
  /** Looks at this instant: labels, values, and which of them log in. */
  look(): Promise<Snapshot>;
  /** Resolves when all that happened so far has been looked at. */
  settled(): Promise<void>;
  /** A fault was brought about in the step that is under way. */
  struck(): void;
  /** A setSecret begins that the service has not invoked. */
  settingBegins(): void;
  /** The secret. */
  readonly arn: string;
  /** The version that was rotated in last. */
  token(): string | undefined;
  readonly lockOuts: readonly string[];
  readonly violations: readonly string[];
}

/** How closely to look. */
export interface Watching {
  /** How many invocations of each step there are at the same time: one, unless told. */
  readonly times?: number;
  /** Not at each effect: looking takes time, in which invocations at the same time would drift apart. */
  readonly onlyBetweenSteps?: boolean;
  /** Only what holds at every instant: other steps run while a step does. */
  readonly onlyInstants?: boolean;
}

export function watch(scene: Scene, subject: Subject, watching: Watching = {}): Watch {
  const { stack, door, gate } = scene;
  const camera = cameraOn(scene, subject);
  const inTurn = oneAfterAnother();
  const lockOuts = new Set<string>();
  const violations = new Set<string>();
  const history: Observation[] = [];
  let last: Snapshot | undefined;
  let token: string | undefined;
  let setSecretBegan = false;
  let step: Begun | undefined;

  async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    return inTurn(work).catch((error: unknown) => {
      violations.add(`It could not be looked at: ${String(error)}`);
      throw error;
    });
  }

  async function lookNow(): Promise<Snapshot> {
    const now = await camera();
    const before = last ?? now;
    keep(() => checkInstant({ before, after: now }));
    const lockOut = lockOutOf(now, subject, { token, setSecretBegan });
    if (lockOut) lockOuts.add(lockOut);
    last = now;
    return now;
  }

  function keep(check: () => void): void {
    try {
      check();
    } catch (error) {
      violations.add(String(error instanceof Error ? error.message : error).slice(0, 400));
    }
  }

  function onEvent(event: ServiceEvent): void {
    if (event.secretArn !== subject.arn) return;
    if (event.type === "rotationStarted") token = event.token;
    if (event.type === "stepStarted") {
      if (event.step === "setSecret") setSecretBegan = true;
      const begun: Begun = {
        requests: door.requests.length,
        connections: gate.connections(),
        lines: stack.log.length,
        struck: false,
      };
      step = begun;
      enqueue(async () => {
        begun.before = await lookNow();
      }).catch(() => {});
    }
    if (event.type === "stepFinished" && step) {
      const begun = step;
      const seen = {
        requests: door.requests.slice(begun.requests),
        connections: gate.connections() - begun.connections,
        log: stack.log.slice(begun.lines).join("\n"),
      };
      const invocation: Invocation = {
        step: event.step,
        token: event.token,
        succeeded: Array.from({ length: watching.times ?? 1 }, () => event.error === undefined),
        accident: begun.struck ? "fault" : undefined,
        byService: true,
      };
      enqueue(async () => {
        const after = await lookNow();
        const twoUsers = scene.strategy === "master-user";
        const observation = { ...seen, before: begun.before ?? after, after, invocation, twoUsers };
        history.push(observation);
        if (!watching.onlyInstants) keep(() => checkInvariants(history, [observation]));
      }).catch(() => {});
    }
  }

  const stop = stack.secretsManager.observe(onEvent);
  return {
    look: () => enqueue(lookNow),
    settled: () => inTurn(async () => {}),
    struck: () => {
      if (step) step.struck = true;
    },
    settingBegins: () => {
      setSecretBegan = true;
    },
    token: () => token,
    arn: subject.arn,
    get lockOuts() {
      return [...lockOuts];
    },
    get violations() {
      return [...violations];
    },
    [Symbol.dispose]: stop,
  };
}

interface Begun {
  readonly requests: number;
  readonly connections: number;
  readonly lines: number;
  before?: Snapshot;
  struck: boolean;
}
