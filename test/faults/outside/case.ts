import type { Step } from "../../../local/secrets-manager/events.ts";
import { FUNCTION_ACCESS_KEY } from "../../../local/stack.ts";
import { lastFailure } from "../../support/failures.ts";
import type { Verdict } from "../../support/interception.ts";
import { followCommands } from "../../support/remedies.ts";
import type { Effect, Harness } from "../harness.ts";
import { createNamer, isCertain } from "../points.ts";
import { dropSubject, newSubject, type Subject, type SubjectOptions } from "../subject.ts";
import { faultsOf } from "../watched-rotation.ts";
import { BY_HAND, CHANGES, type Change, type ChangeName, callsOn, currentOf } from "./changes.ts";
import { startMonitor } from "./monitor.ts";
import { recover } from "./recovery.ts";

/** What somebody does, and just before or after which effect. */
export interface Plan {
  readonly change: ChangeName;
  readonly point: string;
  readonly moment: Effect["moment"];
}

export interface Outcome {
  readonly subject: Subject;
  /** All that happened in the first attempt, in order. */
  readonly points: readonly string[];
  readonly happened: boolean;
  readonly recovered: "by itself" | "as told" | "not at all";
  readonly problems: readonly string[];
  readonly lockouts: readonly string[];
  readonly wrongPromotions: readonly string[];
}

/** Rotates a new user while somebody changes its secret, and then until a rotation with a new token succeeds. */
export async function runCase(
  harness: Harness,
  options: SubjectOptions,
  plan: Plan | undefined,
  byProgram: boolean,
): Promise<Outcome> {
  const { stack, server } = harness;
  const subject = await newSubject(harness, options);
  const traits = await server.traits(subject.username);
  const call = callsOn(stack.secretsManager, subject.arn);
  const change: Change | undefined = plan && CHANGES[plan.change];
  using seen = startMonitor(harness, subject);
  const name = createNamer(subject.arn);
  const points = new Set<string>();
  const wrongPromotions: string[] = [];
  const problems: string[] = [];
  let token = "";
  /** The version that is current because somebody wants it, and whether the rotation may promote its own all the same. */
  let made: string | undefined;
  let mayPromote: boolean | undefined = false;
  /** The step that is under way, and whether it has asked how the secret stands. */
  let step: Step | undefined;
  let guarded = false;

  const stop = stack.secretsManager.observe((event) => {
    if (event.secretArn !== subject.arn) return;
    if (event.type === "rotationStarted") token ||= event.token;
    if (event.type === "stepStarted") [step, guarded] = [event.step, false];
    if (event.type !== "request" || event.caller !== FUNCTION_ACCESS_KEY) return;
    if (event.operation === "PutSecretValue") step = undefined;
    if (event.operation !== "DescribeSecret") return;
    guarded = true;
    // It has seen what somebody made of the secret, and tests what follows from that.
    if (made !== undefined && step === "testSecret" && !change?.abandons) mayPromote = true;
  });
  await seen.look();
  harness.onEffect = async (effect): Promise<Verdict> => {
    const point = name(effect);
    if (effect.attempt === 1) points.add(point);
    const hidden = made !== undefined && change?.hides;
    if (effect.moment === "after" && !hidden) await seen.look();
    if (plan?.point === point && plan.moment === effect.moment && made === undefined && change) {
      const before = await seen.look();
      seen.changed(change);
      change.apply(call, before);
      // At once: a call of the function that is under way at the same time may already find what was made.
      const current = change.hides ? before.current : currentOf(call);
      made = current ?? "";
      // Labels that are taken away between a step's look at them and its write cannot stop that write.
      const tooLate =
        guarded &&
        ((step === "finishSecret" && !change.hides && current === before.current) ||
          (step === "createSecret" && plan.change === "take-pending"));
      mayPromote = change.harmless || current === token || tooLate;
      if (!change.hides) await seen.look();
    }
    return "pass";
  };
  const { succeeded } = await stack.rotate(subject.arn);
  harness.onEffect = async ({ moment }): Promise<Verdict> => {
    if (moment === "after") await seen.look();
    return "pass";
  };
  stop();
  if (change?.hides && made !== undefined) restore(harness, subject, call);
  const ended = await seen.look();
  const promoted = JSON.parse(ended.values.get(ended.current ?? "") ?? "{}");
  if (change?.edits && made !== undefined && promoted.note !== BY_HAND) {
    wrongPromotions.push("What is current does not follow from the value that somebody made current.");
  }
  if (made !== undefined && ended.current !== made && !(ended.current === token && mayPromote)) {
    wrongPromotions.push("AWSCURRENT is not where somebody wanted it to be.");
  }
  if ((!change || change.harmless) && !succeeded) problems.push("The rotation failed.");

  const { recovered, followed, helpless } = await recover(harness, subject, seen, byProgram);
  const { current = "", working, values } = await seen.look();
  const value = JSON.parse(values.get(current) ?? "{}");
  if (!recovered) problems.push(`No rotation succeeds any more: ${lastMessage(harness, subject)}`);
  if (helpless) problems.push(`It tells nobody what to do, or what does not help: ${helpless}`);
  wrongPromotions.push(...(await faultsOf(harness, subject, traits, value, working.includes(current))));
  if (plan?.change === "put" && made !== undefined && followed.length === 0 && value.note !== BY_HAND) {
    problems.push("What somebody wrote into the secret is lost.");
  }
  harness.onEffect = () => "pass";
  await dropSubject(harness, subject);
  return {
    subject,
    points: [...points].filter(isCertain),
    happened: made !== undefined,
    recovered: !recovered ? "not at all" : followed.length === 0 ? "by itself" : "as told",
    problems: [...problems, ...seen.violations],
    lockouts: seen.lockouts,
    wrongPromotions,
  };
}

function lastMessage({ stack }: Harness, { arn }: Subject): string {
  try {
    return lastFailure(stack, arn).message;
  } catch {
    return "no step has failed.";
  }
}

/** As the function says, if it came to say so. */
function restore({ stack }: Harness, { arn }: Subject, call: ReturnType<typeof callsOn>): void {
  const said = stack.log.some((line) => line.includes(arn) && line.includes('"secret-deleted"'));
  if (said) followCommands(stack, lastFailure(stack, arn).message);
  else call("RestoreSecret");
}
