import { oneAfterAnother } from "../../support/one-after-another.ts";
import { checkInstant } from "../../support/world/invariants.ts";
import { brokenRule } from "../../support/world/rules-of-a-step.ts";
import { isReachable, type Snapshot } from "../../support/world/snapshot.ts";
import type { Harness } from "../harness.ts";
import { watchSteps } from "../steps.ts";
import type { Subject } from "../subject.ts";
import { snapshotTaker } from "../take-snapshot.ts";
import type { Change } from "./changes.ts";

/** Checks which versions log in while the test changes staging labels. */
export interface Monitor extends Disposable {
  /** Takes and checks a snapshot. */
  look(): Promise<Snapshot>;
  /** Reports a change by the test. Its consequences do not count as the function's. */
  changed(change: Change): void;
  readonly lockouts: readonly string[];
  readonly violations: readonly string[];
}

export function startMonitor(harness: Harness, subject: Subject): Monitor {
  const takeSnapshot = snapshotTaker(harness, subject);
  const enqueue = oneAfterAnother();
  const lockouts = new Set<string>();
  const violations = new Set<string>();
  let change: Change | undefined;
  /** The secret cannot be read until the next look(). */
  let hidden = false;
  let last: Snapshot | undefined;

  async function lookNow(): Promise<Snapshot> {
    const now = await takeSnapshot();
    try {
      checkInstant({ before: last ?? now, after: now });
    } catch (error) {
      violations.add(String(error));
    }
    const lockout = lockoutOf(now, subject, change);
    if (lockout) lockouts.add(lockout);
    last = now;
    return now;
  }

  const steps = watchSteps(harness, subject, {
    look: async () => (hidden ? undefined : lookNow()),
    joinStatements: enqueue,
    onStep: (observation) => {
      const problem = brokenRule(observation);
      if (problem) violations.add(problem);
    },
  });
  return {
    look: () => {
      hidden = false;
      return enqueue(lookNow);
    },
    changed: (by) => {
      change = by;
      hidden = by.hides === true;
      steps.disturbed("put");
    },
    get lockouts() {
      return [...lockouts];
    },
    get violations() {
      return [...violations];
    },
    [Symbol.dispose]: () => steps[Symbol.dispose](),
  };
}

/** P1: whichever labels an operator moves, a version of the secret has the user's password. */
function lockoutOf(now: Snapshot, { alwaysCurrent }: Subject, change?: Change): string | undefined {
  if (now.working.length === 0) return "No version logs in.";
  if (!change?.uncovers && !isReachable(now)) return "No labeled version logs in.";
  const mustLogIn = alwaysCurrent && !change?.needsPrevious;
  return mustLogIn && !now.working.includes(now.current ?? "") ? "AWSCURRENT does not log in." : undefined;
}
