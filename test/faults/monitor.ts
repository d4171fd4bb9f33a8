import { oneAfterAnother } from "../support/one-after-another.ts";
import { checkInstant, checkInvariants } from "../support/world/invariants.ts";
import type { Observation } from "../support/world/observation.ts";
import type { Snapshot } from "../support/world/snapshot.ts";
import type { Harness } from "./harness.ts";
import { lockoutOf } from "./lockout.ts";
import { watchSteps } from "./steps.ts";
import type { Subject } from "./subject.ts";
import { snapshotTaker } from "./take-snapshot.ts";

/** Checks the invariants while a rotation runs, and keeps each violation as a sentence. */
export interface Monitor extends Disposable {
  /** Takes and checks a snapshot: labels, values, and the versions whose password logs in. */
  look(): Promise<Snapshot>;
  /** Resolves when everything so far has been checked. */
  settled(): Promise<void>;
  /** Tells the monitor that a fault was injected into the running step; "fault": the step then ends by itself. */
  struck(by?: "fault" | "freeze"): void;
  /** Tells the monitor that a setSecret starts that the service did not invoke. */
  settingBegins(): void;
  readonly subject: Subject;
  /** The version that was rotated in last. */
  token(): string | undefined;
  readonly lockouts: readonly string[];
  readonly violations: readonly string[];
}

/** What a monitor checks, and when. */
export interface MonitorOptions {
  /** Concurrent invocations of each step. Default: 1. */
  readonly times?: number;
  /** No checks at each effect: a check takes time, in which concurrent invocations would drift apart. */
  readonly onlyBetweenSteps?: boolean;
  /** Only invariants that hold at every instant, because other steps run during a step. */
  readonly onlyInstants?: boolean;
}

export function startMonitor(
  harness: Harness,
  subject: Subject,
  monitorOptions: MonitorOptions = {},
): Monitor {
  const { stack } = harness;
  const takeSnapshot = snapshotTaker(harness, subject);
  const joinStatements = oneAfterAnother();
  const lockouts = new Set<string>();
  const violations = new Set<string>();
  const history: Observation[] = [];
  let last: Snapshot | undefined;
  let token: string | undefined;
  let setSecretBegan = false;

  async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    return joinStatements(work).catch((error: unknown) => {
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
    joinStatements: enqueue,
    times: monitorOptions.times,
    onStep: (observation) => {
      history.push(observation);
      if (!monitorOptions.onlyInstants) keep(() => checkInvariants(history, [observation]));
    },
  });
  const stop = stack.secretsManager.observe((event) => {
    if (event.secretArn !== subject.arn) return;
    if (event.type === "rotationStarted") token = event.token;
    // After an abandoned rotation the password that it set is still the user's.
    if (event.type === "rotationSucceeded") setSecretBegan = false;
    if (event.type === "stepStarted" && event.step === "setSecret") setSecretBegan = true;
  });
  return {
    look: () => enqueue(lookNow),
    settled: () => joinStatements(async () => {}),
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
