import { privilegesOf } from "../contract/support/privileges.ts";
import type { Verdict } from "../support/passage.ts";
import { createNamer, type Point, pointOf } from "./points.ts";
import type { Effect, Scene } from "./scene.ts";
import { type Recall, remember } from "./stale.ts";
import { type Strike, strike } from "./strikes.ts";
import { dropSubject, newSubject, type Subject, type SubjectOptions } from "./subject.ts";
import { watch } from "./watch.ts";

export interface Outcome {
  /** All that happened in the first attempt. */
  readonly points: readonly Point[];
  /** How many of the strikes came about. */
  readonly struck: number;
  /** Whether the same token was promoted in the end, with all invariants kept on the way. */
  readonly converged: boolean;
  /** Why it did not converge. */
  readonly problems: readonly string[];
  /** Instants at which who reads the secret could not log in. */
  readonly lockOuts: readonly string[];
  /** What is wrong with the version that was promoted. */
  readonly wrongPromotions: readonly string[];
  /** Of the secret of the user and, if there is one, of the master. */
  readonly subject: Subject;
}

/**
 * Rotates a new user with faults on the way: the first strike in the first attempt, the second one in the second. The
 * service tries the whole rotation again with the same token, as often as the scene's service does.
 */
export async function runCase(
  scene: Scene,
  options: SubjectOptions,
  strikes: readonly Strike[],
  onStrike: () => Promise<void> = async () => {},
): Promise<Outcome> {
  const { stack, server } = scene;
  const subject = await newSubject(scene, options);
  const traits = await server.traits(subject.username);
  using watched = watch(scene, subject);
  await watched.look();
  const name = createNamer(subject.arn);
  const points = new Map<string, Point>();
  const came = new Set<Strike>();
  let recall: Recall = remember(stack.secretsManager, subject.arn);

  async function onEffect(effect: Effect): Promise<Verdict> {
    const point = name(effect);
    if (effect.attempt === 1 && !points.has(point)) points.set(point, pointOf(point, effect));
    await (effect.moment === "before" ? watched.settled() : watched.look());
    const planned = strikes[effect.attempt - 1];
    if (planned?.point === point && planned.moment === effect.moment) {
      if (!came.has(planned)) await onStrike();
      came.add(planned);
      watched.struck();
      return await strike(planned, effect, scene, recall);
    }
    const writes = effect.kind === "call" && /^(Put|Update)/.test(effect.text);
    if (writes && effect.moment === "before") recall = remember(stack.secretsManager, subject.arn);
    return "pass";
  }

  scene.onEffect = onEffect;
  const { succeeded, error = "It ended without an error." } = await stack.rotate(subject.arn);
  scene.onEffect = () => "pass";
  await watched.settled();
  const { current = "", working, values } = await watched.look();
  const promoted = current === watched.token();
  const wrongPromotions = promoted
    ? await faultsOf(
        scene,
        subject,
        traits,
        JSON.parse(values.get(current) ?? "{}"),
        working.includes(current),
      )
    : [];
  await dropSubject(scene, subject);
  const problems = [...watched.violations, ...(succeeded && promoted ? [] : [`Not rotated in: ${error}`])];
  return {
    points: [...points.values()],
    struck: came.size,
    converged: problems.length === 0,
    problems,
    lockOuts: watched.lockOuts,
    wrongPromotions,
    subject,
  };
}

/** Does the promoted user log in, and may it do what the user did when all began, no more and no less? */
async function faultsOf(
  { server }: Scene,
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
