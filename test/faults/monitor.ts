import { oneAfterAnother } from "../support/one-after-another.ts";
import { checkInstant, checkInvariants } from "../support/world/invariants.ts";
import type { Observation } from "../support/world/observation.ts";
import type { Snapshot } from "../support/world/snapshot.ts";
import type { Harness } from "./harness.ts";
import { lockoutOf } from "./lockout.ts";
import { watchSteps } from "./steps.ts";
import type { Subject } from "./subject.ts";
import { snapshotTaker } from "./take-snapshot.ts";

/** Looks at a rotation as it goes on. Whatever is not as it must be is kept as a sentence. */
export interface Monitor extends Disposable {
  /** Looks at this instant: labels, values, and which of them log in. */
  look(): Promise<Snapshot>;
  /** Resolves when all that happened so far has been looked at. */
  settled(): Promise<void>;
  /** A fault was brought about in the step that is under way: by default one after which the step ends by itself. */
  struck(by?: "fault" | "freeze"): void;
  /** A setSecret begins that the service has not invoked. */
  settingBegins(): void;
  readonly subject: Subject;
  /** The version that was rotated in last. */
  token(): string | undefined;
  readonly lockouts: readonly string[];
  readonly violations: readonly string[];
}

/** How closely to look. */
export interface MonitorOptions {
  /** How many invocations of each step there are at the same time: one, unless told. */
  readonly times?: number;
  /** Not at each effect: looking takes time, in which invocations at the same time would drift apart. */
  readonly onlyBetweenSteps?: boolean;
  /** Only what holds at every instant: other steps run while a step does. */
  readonly onlyInstants?: boolean;
}

export function startMonitor(
  harness: Harness,
  subject: Subject,
  monitorOptions: MonitorOptions = {},
): Monitor {
  const { stack } = harness;
  const takeSnapshot = snapshotTaker(harness, subject);
  const inTurn = oneAfterAnother();
  const lockouts = new Set<string>();
  const violations = new Set<string>();
  const history: Observation[] = [];
  let last: Snapshot | undefined;
  let token: string | undefined;
  let setSecretBegan = false;

  async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    return inTurn(work).catch((error: unknown) => {
      violations.add(`It could not be looked at: ${String(error)}`);
      throw error;
    });
  }

  async function lookNow(): Promise<Snapshot> {
    const now = await takeSnapshot();
    const before = last ?? now;
    keep(() => checkInstant({ before, after: now }));
    const lockout = lockoutOf(now, subject, { token, setSecretBegan });
    if (lockout) lockouts.add(lockout);
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

  const steps = watchSteps(harness, subject, {
    look: lookNow,
    inTurn: enqueue,
    times: monitorOptions.times,
    onStep: (observation) => {
      history.push(observation);
      if (!monitorOptions.onlyInstants) keep(() => checkInvariants(history, [observation]));
    },
  });
  const stop = stack.secretsManager.observe((event) => {
    if (event.secretArn !== subject.arn) return;
    if (event.type === "rotationStarted") token = event.token;
    // What an abandoned rotation has set stays as it is.
    if (event.type === "rotationSucceeded") setSecretBegan = false;
    if (event.type === "stepStarted" && event.step === "setSecret") setSecretBegan = true;
  });
  return {
    look: () => enqueue(lookNow),
    settled: () => inTurn(async () => {}),
    struck: (by = "fault") => steps.disturbed(by),
    settingBegins: () => {
      setSecretBegan = true;
    },
    token: () => token,
    subject,
    get lockouts() {
      return [...lockouts];
    },
    get violations() {
      return [...violations];
    },
    [Symbol.dispose]: () => {
      steps[Symbol.dispose]();
      stop();
    },
  };
}
