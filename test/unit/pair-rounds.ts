import { beforeEach, vi } from "vitest";
import type { Session } from "../../shared/engine/engine.ts";
import type { AdminReaders, Change, Ownership, Pair, PairView, Plan } from "../../shared/engine/pair.ts";
import { preparePair } from "../../shared/strategies/prepare-pair.ts";
import { fakePair, fakeSession } from "./fake-engine.ts";
import { owned, passwordOf, planOf } from "./fake-server.ts";

export const pair: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
export const GRANT: Change = { statement: "GRANT SELECT ON orders TO app_clone", kind: "adds" };
export const REVOKE: Change = { statement: "REVOKE SELECT ON salaries FROM app_clone", kind: "takes" };
export const PASSWORD = passwordOf("app_clone");

export const finding = { what: "the user mallory is a member", remedy: "REVOKE app_clone FROM mallory" };

/** The facts that one round reads, and the plan that follows from them. */
export interface Round {
  ownership?: Partial<Ownership>;
  unseen?: string[];
  plan?: Plan;
}

/** The calls in order, the arguments of `apply`, and the log lines of the running test. */
export let journal: string[];
export let applied: { changes: readonly Change[]; password: string }[];
export let warnings: string[];
export let messages: string[];

export const takings = vi.fn();
export const isPossessed = vi.fn(async () => true);
export const confirm = vi.fn(async () => {});

beforeEach(() => {
  [journal, applied, warnings, messages] = [[], [], [], []];
  takings.mockReset();
  isPossessed.mockReset().mockImplementation(async () => {
    journal.push("isPossessed");
    return true;
  });
  confirm.mockReset().mockImplementation(async () => {
    journal.push("confirm");
  });
});

export const by: AdminReaders<Session> = {
  admin: fakeSession({ username: "master" }, {}),
  current: fakeSession({ username: "app" }, {}),
};

/** Runs preparePair with these rounds, in a later rotation of the secret. The last round repeats. */
export function prepare(...rounds: Round[]): Promise<void> {
  return run(rounds, false);
}

/** The same in the first rotation of the secret. */
export function prepareFirst(...rounds: Round[]): Promise<void> {
  return run(rounds, true);
}

function run(rounds: Round[], isFirst: boolean): Promise<void> {
  const capability = fakePair({
    async exclusively(_admin, _pair, work) {
      journal.push("lock");
      try {
        return await work();
      } finally {
        journal.push("unlock");
      }
    },
    async read() {
      journal.push("read");
      const [{ ownership, unseen = [], plan = planOf([PASSWORD]) } = {}] =
        rounds.length > 1 ? rounds.splice(0, 1) : rounds;
      const view: PairView = {
        ownership: { ...owned(pair), ...ownership },
        differences: [],
        unseen,
        plan: (taking) => {
          takings(taking);
          return plan;
        },
      };
      return view;
    },
    async apply(_by, changes, password) {
      journal.push("apply");
      applied.push({ changes, password });
    },
  });
  const log = {
    info: (message: string) => void messages.push(message),
    warn: (message: string) => void warnings.push(message),
    error: () => {},
  };
  return preparePair(capability, by, pair, "pending-password", { confirm, isPossessed, isFirst, log });
}

export const replan = (...changes: Change[]) => planOf([...changes, PASSWORD], { replan: true });
