import { privilegesOf } from "../../contract/support/privileges.ts";
import { oneAfterAnother } from "../../support/one-after-another.ts";
import { brokenRule } from "../../support/world/rules-of-a-step.ts";
import type { Snapshot } from "../../support/world/snapshot.ts";
import type { Harness } from "../harness.ts";
import { watchSteps } from "../steps.ts";
import type { Subject } from "../subject.ts";
import { snapshotTaker } from "../take-snapshot.ts";
import type { Change } from "./changes.ts";

/** Checks what the function does to a secret while the test changes the database. */
export interface Monitor extends Disposable {
  /** Checks for a lockout or a wrong promotion after the function has done something. */
  look(): Promise<void>;
  /**
   * Runs a change by the test. Its consequences do not count as the function's.
   *
   * @param change the change, if it lasts.
   * @param proved whether testSecret had passed before the change, so that the function cannot know about it.
   */
  apart<T>(work: () => Promise<T>, change?: Change, proved?: boolean): Promise<T>;
  readonly lockouts: readonly string[];
  readonly wrongPromotions: readonly string[];
  /** The rules of a step that were broken. */
  readonly violations: readonly string[];
}

const USUAL = "SELECT,UPDATE";

export function startMonitor(harness: Harness, subject: Subject): Monitor {
  const { server } = harness;
  const takeSnapshot = snapshotTaker(harness, subject);
  const enqueue = oneAfterAnother();
  const lockouts: string[] = [];
  const wrongPromotions: string[] = [];
  const violations = new Set<string>();
  let last: Snapshot | undefined;
  let change: Change | undefined;
  let proved = false;

  async function look(): Promise<void> {
    if (change?.hides === "everything") return;
    const now = await takeSnapshot();
    if (last) {
      if (acceptsLogin(last, subject) && !acceptsLogin(now, subject) && !proved) {
        lockouts.push("The secret let its readers in, and does no more.");
      }
      if (now.current !== last.current && !proved) {
        const fault = await faultOf(now);
        if (fault) wrongPromotions.push(fault);
      }
    }
    last = now;
  }

  /** Why the version that has become AWSCURRENT should not have been promoted; undefined if it is right. */
  async function faultOf({ current = "", values, working }: Snapshot): Promise<string | undefined> {
    if (!working.includes(current)) return "What was promoted does not log in.";
    if (change?.hides !== undefined) return undefined;
    const { username, password } = JSON.parse(values.get(current) ?? "{}");
    await using session = await server.open(username, password);
    const may = (await privilegesOf({ server }, session, subject.table)).join();
    const should = change?.allows ?? USUAL;
    return may === should ? undefined : `${username} was promoted, and may ${may} instead of ${should}.`;
  }

  const steps = watchSteps(harness, subject, {
    look: async () => (change?.hides === "everything" ? undefined : takeSnapshot()),
    joinStatements: enqueue,
    onStep: (observation) => {
      const problem = brokenRule(observation);
      if (problem) violations.add(problem);
    },
  });
  return {
    look: () => enqueue(look),
    apart: (work, next, wasProved = false) =>
      enqueue(async () => {
        steps.disturbed("fault");
        const result = await work();
        change = next;
        proved = wasProved;
        last = change?.hides === "everything" ? undefined : await takeSnapshot();
        return result;
      }),
    lockouts,
    wrongPromotions,
    get violations() {
      return [...violations];
    },
    [Symbol.dispose]: () => steps[Symbol.dispose](),
  };
}

/** Whether AWSCURRENT logs in, or, for plain single-user, AWSPENDING during the rotation. */
function acceptsLogin(
  { current = "", pending = "", working }: Snapshot,
  { alwaysCurrent }: Subject,
): boolean {
  return working.includes(current) || (!alwaysCurrent && working.includes(pending));
}
