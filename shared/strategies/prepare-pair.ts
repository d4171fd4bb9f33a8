import type { Session } from "../engine/engine.ts";
import type { AdminReaders, Pair, PairCapability, PairView, Plan, Taking } from "../engine/pair.ts";
import { RotationError, refusedFor } from "../report/errors.ts";
import type { Log } from "../report/log.ts";
import { mayOnlyAdd, takeOver } from "./take-over.ts";

/** Each round leaves less to change. Statements do not remove a difference that is left after the last one. */
const MOST_ROUNDS = 4;

export interface Preparation {
  /** Throws if the rotation has ended, as a step may find that was frozen before it got the lock. */
  confirm(): Promise<void>;
  /** Whether the alternate user logs in with a password of the secret. */
  isPossessed(): Promise<boolean>;
  /** Whether the secret was never rotated. If the pair was prepared before, another secret has probably done it. */
  readonly isFirst?: boolean;
  readonly log: Log;
}

/**
 * Gives the alternate user exactly the privileges of the current user, and this password. Repeats read → plan → apply until
 * the plan has no change but the password.
 *
 * @throws RotationError `user-not-owned` or `privilege-mismatch` before anything is changed.
 */
export async function preparePair<S extends Session>(
  capability: PairCapability<S>,
  by: AdminReaders<S>,
  pair: Pair,
  password: string,
  preparation: Preparation,
): Promise<void> {
  let taking: Taking | undefined;
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const isDone = await capability.exclusively(by.admin, pair, async () => {
      await preparation.confirm();
      const next = await planned(capability, by, pair, preparation, taking);
      taking = next.taking;
      const { changes, replan, warnings } = next.plan;
      for (const warning of round === 1 ? warnings : []) {
        preparation.log.warn(warning);
      }
      const due = replan ? changes.filter(({ kind }) => kind !== "password") : changes;
      await capability.apply(by, due, password);
      for (const { statement } of due.filter(({ kind }) => kind !== "password")) {
        preparation.log.info(`Ran as the master user: ${statement}`);
      }
      return !replan;
    });
    if (isDone) {
      return;
    }
  }
  throw new RotationError(
    "privilege-mismatch",
    `The user ${pair.alternate} still differs from ${pair.current} after ${MOST_ROUNDS} rounds of changes.`,
    "Compare the two users by hand: another session may be changing them at the same time.",
  );
}

/**
 * Reads the facts, decides whether the alternate user may be taken over, and returns the plan. Writes nothing.
 *
 * @param before the decision of an earlier round. A round that took the user by possession may have set the marker, which
 * must not give this round the right to take privileges away.
 * @throws RotationError if the alternate user may not be taken over, or cannot be prepared.
 */
export async function planned<S extends Session>(
  capability: PairCapability<S>,
  by: AdminReaders<S>,
  pair: Pair,
  preparation: Pick<Preparation, "isPossessed" | "isFirst">,
  before?: Taking,
): Promise<{ readonly taking: Taking; readonly plan: AllowedPlan }> {
  const view = await capability.read(by, pair);
  assertSeen(view);
  const decision = await decide(view, pair, preparation);
  const taking = before === "possessed" ? before : decision;
  const plan = allowed(view, pair, taking);
  const shared = preparation.isFirst && taking === "marked" ? [mayBeShared(pair)] : [];
  return { taking, plan: { ...plan, warnings: [...shared, ...plan.warnings] } };
}

function mayBeShared({ alternate }: Pair): string {
  return (
    `The user ${alternate} exists, and no rotation of this secret has prepared it. If another secret is for the same ` +
    "users, a rotation ends the password in it: use one secret per user"
  );
}

type AllowedPlan = Exclude<Plan, { refusal: object }>;

async function decide(
  { ownership }: PairView,
  pair: Pair,
  { isPossessed }: Pick<Preparation, "isPossessed">,
): Promise<Taking> {
  const atOnce = takeOver(ownership, pair);
  const decision = atOnce === "undecided" ? takeOver(ownership, pair, await isPossessed()) : atOnce;
  if (decision.refusal) {
    throw refusedFor(decision.refusal);
  }
  return decision.taking;
}

function allowed(view: PairView, pair: Pair, taking: Taking): AllowedPlan {
  const plan = view.plan(taking);
  if (plan.refusal) {
    throw refusedFor(plan.refusal);
  }
  const taken = plan.changes.filter(({ kind }) => kind === "takes").map(({ statement }) => statement);
  if (taking === "possessed" && taken.length > 0) {
    throw refusedFor(mayOnlyAdd(view.ownership, pair, taken));
  }
  return plan;
}

function assertSeen({ unseen }: PairView): void {
  if (unseen.length > 0) {
    throw new RotationError(
      "privilege-mismatch",
      `The master user cannot read ${unseen.join("; ")}.`,
      "Grant the master user what it takes to read it, so that the two users can be compared.",
    );
  }
}
