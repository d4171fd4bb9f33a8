import type { ContractServer } from "../../contract/contract-server.ts";
import { lastFailure } from "../../support/failures.ts";
import { holder } from "../../support/operator.ts";
import { promisesToRetry } from "../../support/remedies.ts";
import type { Variant } from "../columns.ts";
import type { Effect, Harness } from "../harness.ts";
import { createNamer, isCertain } from "../points.ts";
import { dropSubject, newSubject, type Subject } from "../subject.ts";
import type { Change, Cures } from "./changes.ts";
import { type Context, contextOf } from "./context.ts";
import { instructionsIn } from "./instructions.ts";
import { type Monitor, startMonitor } from "./monitor.ts";

/** So often somebody does what a message says and rotates again, each time a rotation does not succeed. */
const ROUNDS = 6;

/** What happens, and when: just before the function gets to do what the point names. */
export interface Plan {
  readonly change: Change;
  readonly point: string;
  /** Whether the rotation has proved by then that its version may be promoted: it cannot know any better afterward. */
  readonly proved: boolean;
  /** With which of several instructions people begin. */
  readonly turn: number;
}

export interface Outcome {
  readonly subject: Subject;
  /** All that happened in the first attempt, in order. */
  readonly points: readonly string[];
  /** What people did, by the names of the instructions; nothing if it recovered by itself. */
  readonly followed: readonly string[];
  readonly problems: readonly string[];
  readonly lockouts: readonly string[];
  readonly wrongPromotions: readonly string[];
}

/**
 * Rotates a new user while something happens to the database. Then does what the errors say, and nothing else, until a
 * rotation succeeds, and again until one with a new token does.
 */
export async function runCase(harness: Harness, variant: Variant, plan?: Plan): Promise<Outcome> {
  const { stack } = harness;
  const subject = await newSubject(harness, variant);
  const context = contextOf(harness, subject);
  using monitor = startMonitor(harness, subject);
  const name = createNamer(subject.arn);
  const points = new Set<string>();
  const problems: string[] = [];
  let cures: Cures | undefined;

  await monitor.look();
  harness.onEffect = async (effect: Effect) => {
    const point = name(effect);
    if (effect.attempt === 1) points.add(point);
    if (plan?.point === point && effect.moment === "before" && cures === undefined) {
      cures = {};
      const { change, proved } = plan;
      const bringAbout = async () => onceEach(await change.bringAbout(context));
      cures = await monitor.apart(bringAbout, change, proved).catch((error: unknown) => {
        problems.push(`It could not be brought about: ${String(error)}`);
        return {};
      });
    } else if (effect.moment === "after") {
      await monitor.look();
    }
    return "pass" as const;
  };
  const { succeeded } = await stack.rotate(subject.arn);
  if (plan && cures === undefined) problems.push("There was no such point.");
  harness.onEffect = async ({ moment }) => {
    if (moment === "after") await monitor.look();
    return "pass" as const;
  };

  const followed: string[] = [];
  const recovery = { context, monitor, plan, cures: cures ?? {}, followed, problems };
  if ((succeeded || (await recover(recovery))) && problems.length === 0) {
    await monitor.apart(async () => {}, lasting(plan, followed, harness.server));
    if (!(await rotate(context))) await recover(recovery);
  }
  for (const undo of Object.values(cures ?? {})) await undo();
  harness.onEffect = () => "pass";
  await dropSubject(harness, subject);
  const { lockouts, wrongPromotions, violations } = monitor;
  return {
    subject,
    points: [...points].filter(isCertain),
    followed,
    problems: [...problems, ...violations],
    lockouts,
    wrongPromotions,
  };
}

interface Recovery {
  readonly context: Context;
  readonly monitor: Monitor;
  readonly plan: Plan | undefined;
  readonly cures: Cures;
  readonly followed: string[];
  readonly problems: string[];
}

/** @returns whether a rotation has succeeded in the end. */
async function recover({ context, monitor, plan, cures, followed, problems }: Recovery): Promise<boolean> {
  const { harness, subject } = context;
  for (let round = 0; round < ROUNDS; round++) {
    const { reason, message, step } = lastFailure(harness.stack, subject.arn);
    if (followed.length === 0 && plan && !plan.change.reasons.some((one) => one === reason)) {
      problems.push(`${reason} is not what this is: ${message}`);
    }
    const instructions = instructionsIn(message, plan?.turn ?? 0);
    const instruction = instructions[round % instructions.length];
    if (instruction) {
      followed.push(instruction.name);
      // Who follows it may log in through the gate, too, and would wait there for looks that wait for him.
      const onEffect = harness.onEffect;
      harness.onEffect = () => "pass";
      await monitor
        .apart(() => instruction.follow(context, message, cures), lasting(plan, followed, harness.server))
        .catch((error: unknown) => problems.push(`${instruction.name}: ${String(error)}: ${message}`));
      harness.onEffect = onEffect;
    } else if (!promisesToRetry(message)) {
      problems.push(`${step} tells nobody what to do: ${reason}: ${message}`);
    }
    if (problems.length > 0) return false;
    if (await rotate(context)) return true;
  }
  const { reason, step, message } = lastFailure(harness.stack, subject.arn);
  problems.push(`It does not recover after ${followed.join(", ")}: ${step} ended with ${reason}: ${message}`);
  return false;
}

/**
 * What still holds once a rotation has ended, or people have done what they were told. Where the user of AWSCURRENT is
 * the source of truth, what is revoked from it just before another one becomes current is not revoked from that one.
 */
function lasting(
  plan: Plan | undefined,
  followed: readonly string[],
  { sourceOfTruth }: ContractServer,
): Change | undefined {
  if (plan?.change.allows === undefined) return followed.length === 0 ? plan?.change : undefined;
  return plan.proved && sourceOfTruth === "current" ? { ...plan.change, hides: "privileges" } : plan.change;
}

/** The unfinished rotation once more, if there is one, or a new one. @returns whether it succeeded. */
async function rotate({ harness, subject }: Context): Promise<boolean> {
  const { stack } = harness;
  const before = await holder(stack, subject.arn, "AWSCURRENT");
  const pending = await holder(stack, subject.arn, "AWSPENDING");
  if (pending === undefined || pending === before) return (await stack.rotate(subject.arn)).succeeded;
  await stack.rotate(subject.arn).catch(() => {}); // AWS refuses it, and tries the unfinished one again.
  await stack.secretsManager.settled(subject.arn);
  return (await holder(stack, subject.arn, "AWSCURRENT")) === pending;
}

function onceEach(cures: Cures): Cures {
  const done = new Map<string, PromiseLike<void>>();
  return Object.fromEntries(
    Object.entries(cures).map(([name, undo]) => [
      name,
      () => {
        const doing = done.get(name) ?? undo();
        done.set(name, doing);
        return doing;
      },
    ]),
  );
}
