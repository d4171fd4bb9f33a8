import type { Invoke, RotationEvent } from "../../local/secrets-manager/events.ts";
import type { RotationOutcome } from "../../local/stack.ts";
import { privilegesOf } from "../contract/support/privileges.ts";
import type { Verdict } from "../support/interception.ts";
import type { Effect, Harness } from "./harness.ts";
import { type Monitor, type MonitorOptions, startMonitor } from "./monitor.ts";
import { createNamer, isCertain, type Point, pointOf } from "./points.ts";
import { dropSubject, newSubject, type Subject, type SubjectOptions } from "./subject.ts";

/** What is done to a rotation while it goes on. */
export interface Interference {
  /** What becomes of an effect. What happened before it has been looked at, if it is to be. */
  onEffect?(effect: Effect, point: string, watched: Monitor): Promise<Verdict>;
  /** How a step is invoked. */
  onInvoke?(event: RotationEvent, invoke: Invoke, watched: Monitor): Promise<void>;
  /** Rotates: once, unless told. What is promoted last is judged. */
  rotate?(watched: Monitor): Promise<RotationOutcome>;
  readonly monitorOptions?: MonitorOptions;
}

export interface Outcome {
  /** All that happened in the first attempt. */
  readonly points: readonly Point[];
  /** Whether the same token was promoted in the end, with all invariants kept on the way. */
  readonly converged: boolean;
  /** Why it did not converge. */
  readonly problems: readonly string[];
  /** Instants at which who reads the secret could not log in. */
  readonly lockouts: readonly string[];
  /** What is wrong with the version that was promoted. */
  readonly wrongPromotions: readonly string[];
  /** Of the secret of the user and, if there is one, of the master. */
  readonly subject: Subject;
}

/** Rotates a new user, looks at each instant of it, and judges what is promoted in the end. */
export async function rotateWatched(
  harness: Harness,
  options: SubjectOptions,
  { onEffect, onInvoke, rotate, monitorOptions = {} }: Interference,
): Promise<Outcome> {
  const { stack, server } = harness;
  const subject = await newSubject(harness, options);
  const traits = await server.traits(subject.username);
  using watched = startMonitor(harness, subject, monitorOptions);
  await watched.look();
  const name = createNamer(subject.arn);
  const points = new Map<string, Point>();

  harness.onEffect = async (effect) => {
    const point = name(effect);
    if (effect.attempt === 1 && !points.has(point)) points.set(point, pointOf(point, effect));
    if (!monitorOptions.onlyBetweenSteps)
      await (effect.moment === "before" ? watched.settled() : watched.look());
    return onEffect ? onEffect(effect, point, watched) : "pass";
  };
  harness.onInvoke = async (event, invoke) => {
    await watched.settled();
    await (onInvoke ? onInvoke(event, invoke, watched) : invoke(event));
  };
  const { succeeded, error = "It ended without an error." } = await (rotate
    ? rotate(watched)
    : stack.rotate(subject.arn));
  harness.onEffect = () => "pass";
  harness.onInvoke = (event, invoke) => invoke(event);
  await watched.settled();
  const { current = "", working, values } = await watched.look();
  const promoted = current === watched.token();
  const wrongPromotions = promoted
    ? await faultsOf(
        harness,
        subject,
        traits,
        JSON.parse(values.get(current) ?? "{}"),
        working.includes(current),
      )
    : [];
  await dropSubject(harness, subject);
  const problems = [...watched.violations, ...(succeeded && promoted ? [] : [`Not rotated in: ${error}`])];
  return {
    points: [...points.values()].filter((point) => isCertain(point.name)),
    converged: problems.length === 0,
    problems,
    lockouts: watched.lockouts,
    wrongPromotions,
    subject,
  };
}

/** Does the promoted user log in, and may it do what the user did when all began, no more and no less? */
export async function faultsOf(
  { server }: Harness,
  { table }: Subject,
  traits: string,
  { username, password }: { username: string; password: string },
  logsIn: boolean,
): Promise<string[]> {
  if (!logsIn) return ["What was promoted does not log in."];
  const faults: string[] = [];
  const now = await server.traits(username);
  if (now !== traits) faults.push(`${username} is not what the user was: ${differing(now, traits)}`);
  await using session = await server.open(username, password);
  const allowed = await privilegesOf({ server }, session, table);
  if (allowed.join() !== "SELECT,UPDATE")
    faults.push(`${username} may ${allowed.join()} instead of SELECT,UPDATE.`);
  return faults;
}

function differing(now: string, before: string): string {
  const at = [...now].findIndex((character, index) => character !== before[index]);
  const around = (text: string) => `…${text.slice(Math.max(0, at - 40), at + 40)}…`;
  return `${around(now)} instead of ${around(before)}`;
}
