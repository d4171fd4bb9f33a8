import { privilegesOf } from "../../contract/support/privileges.ts";
import { oneAfterAnother } from "../../support/one-after-another.ts";
import { brokenRule } from "../../support/world/rules-of-a-step.ts";
import type { Snapshot } from "../../support/world/snapshot.ts";
import type { Harness } from "../harness.ts";
import { watchSteps } from "../steps.ts";
import type { Subject } from "../subject.ts";
import { snapshotTaker } from "../take-snapshot.ts";
import type { Change } from "./changes.ts";

/** Watches what becomes of a secret while things happen that the function cannot help, and what the function adds. */
export interface Monitor extends Disposable {
  /** After the function has done something: did it lock anybody out, or promote what it should not have? */
  look(): Promise<void>;
  /**
   * While somebody else does something: what is so afterward is not the function's doing.
   *
   * @param change what holds from then on, if it is not over.
   * @param proved whether the rotation had proved before that its version may be promoted: it cannot know any better.
   */
  apart<T>(work: () => Promise<T>, change?: Change, proved?: boolean): Promise<T>;
  readonly lockouts: readonly string[];
  readonly wrongPromotions: readonly string[];
  /** Which rules a step has broken. */
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
      if (letsIn(last, subject) && !letsIn(now, subject) && !proved) {
        lockouts.push("The secret let its readers in, and does no more.");
      }
      if (now.current !== last.current && !proved) {
        const fault = await faultOf(now);
        if (fault) wrongPromotions.push(fault);
      }
    }
    last = now;
  }

  /** What is wrong with the version that has become current. */
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
    inTurn: enqueue,
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

/** Whether applications get in that read AWSCURRENT, or where that is how it is, AWSPENDING while it is rotated in. */
function letsIn({ current = "", pending = "", working }: Snapshot, { alwaysCurrent }: Subject): boolean {
  return working.includes(current) || (!alwaysCurrent && working.includes(pending));
}
