import { describeSecret, moveCurrent, putPendingValue, randomPassword } from "./aws/secrets-manager.ts";
import type { Engine } from "./engine/engine.ts";
import { deadlineOf, type LambdaContext } from "./protocol/deadline.ts";
import { parseEvent, type Step } from "./protocol/event.ts";
import { withWayOut } from "./protocol/give-up.ts";
import { guarded } from "./protocol/guard.ts";
import { assertFollows, assertStorable, movedSinceTest } from "./protocol/pending-checks.ts";
import {
  currentWhenTested,
  forgetTested,
  rememberCompared,
  rememberTested,
  wasCompared,
} from "./protocol/tested.ts";
import {
  currentSecret,
  noCurrentVersion,
  readCurrent,
  readPending,
  readPrevious,
} from "./protocol/versions.ts";
import { RotationError, withoutSecrets } from "./report/errors.ts";
import { logFor } from "./report/log.ts";
import { passwordRules } from "./secret/password.ts";
import { replaceFields } from "./secret/secret.ts";
import { readSettings } from "./secret/settings.ts";
import { AWSCURRENT, holderOf, tokenState } from "./staging-labels.ts";
import type { Job, Strategy } from "./strategies/strategy.ts";

/**
 * A rotation function for Lambda: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 *
 * Secrets Manager invokes it once per step, and again from createSecret with the same token when a step failed:
 * every step may run twice, or at the same time as itself, and the second run finds what the first one did.
 */
export function rotation(engine: Engine, strategy: Strategy) {
  return async (input: unknown, context: LambdaContext): Promise<void> => {
    const started = performance.now();
    const milliseconds = () => Math.round(performance.now() - started);
    const event = parseEvent(input);
    const log = logFor(event);
    using deadline = deadlineOf(context);
    try {
      const invocation = { deadline, settings: readSettings(), log };
      const job = { event, engine, invocation };
      const outcome = await deadline.bound(unlessPromoted(job, STEPS[event.Step](job, strategy)));
      log.info(outcome, { outcome: "succeeded", milliseconds: milliseconds() });
    } catch (thrown) {
      const error = withoutSecrets(thrown);
      log.error(error.message, { outcome: "failed", reason: error.reason, milliseconds: milliseconds() });
      throw error;
    }
  };
}

const STEPS: Record<Step, (job: Job, strategy: Strategy) => Promise<string>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

const NOTHING = Promise.resolve(undefined);
const ALREADY_CURRENT = "The version is AWSCURRENT already: nothing to do";

/** A run at the same time may promote the version while this one compares it with the one that was current. */
async function unlessPromoted({ event, invocation }: Job, step: Promise<string>): Promise<string> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof RotationError && error.reason === "secret-changed") {
      const now = await describeSecret(event.SecretId, invocation.deadline).catch(() => undefined);
      if (now && tokenState(now.labels, event.ClientRequestToken) === "current") {
        return ALREADY_CURRENT;
      }
    }
    throw error;
  }
}

/**
 * Stores the value of the next version, once: a copy of the current one with another password.
 *
 * 1. The version has no value yet: it gets one.
 * 2. An earlier run of this step, or one at the same time, has stored one: that one stays.
 */
async function createSecret(job: Job, strategy: Strategy): Promise<string> {
  const { event, engine, invocation } = job;
  const rules = passwordRules(invocation.settings, engine);
  const read = await guarded(
    event,
    invocation.deadline,
    readCurrent(job),
    randomPassword(rules, invocation.deadline),
  );
  if (read === undefined) {
    return ALREADY_CURRENT;
  }
  const [labels, currentVersion, password] = read;
  const current = currentSecret(currentVersion, labels);
  const user = strategy.nextUser(current);
  assertStorable(engine, user.username, password);
  const value = replaceFields(current, { ...user, password });
  if (await putPendingValue(event, value, invocation.deadline)) {
    return "Stored a new password under AWSPENDING";
  }
  await readPending(job);
  return "Kept the password that was stored under AWSPENDING before";
}

/** Makes the database accept the pending password. */
async function setSecret(job: Job, strategy: Strategy): Promise<string> {
  const { event, engine, invocation } = job;
  const read = await guarded(event, invocation.deadline, readCurrent(job), readPending(job));
  if (read === undefined) {
    return ALREADY_CURRENT;
  }
  const [labels, currentVersion, pending] = read;
  const current = currentSecret(currentVersion, labels);
  assertFollows(pending, current, strategy, event);
  rememberCompared(event, labels);
  const rotation = { ...job, current, pending, readPrevious: () => readPrevious(job, labels) };
  try {
    assertStorable(engine, pending.login.username, pending.login.password);
    return await strategy.setSecret(rotation);
  } catch (error) {
    throw withWayOut(error, event);
  }
}

/** Proves that the pending version may be promoted. RotateImmediately=false runs this step alone. */
async function testSecret(job: Job, strategy: Strategy): Promise<string> {
  forgetTested();
  const read = await guarded(job.event, job.invocation.deadline, readPending(job));
  if (read === undefined) {
    return ALREADY_CURRENT;
  }
  const [labels, pending] = read;
  const outcome = await strategy.testSecret({
    ...job,
    pending,
    readCurrent: async () => currentSecret(await readCurrent(job), labels),
  });
  rememberTested(job.event, labels);
  return outcome;
}

/**
 * Moves AWSCURRENT to the pending version. AWSPREVIOUS follows by itself, and the service takes AWSPENDING away.
 *
 * Whoever may invoke the function may run this step first: what setSecret and testSecret have not proved in this
 * environment is proved here.
 *
 * The move is a compare-and-swap on the holder of the label. It is never tried again with another holder: who
 * took the label meanwhile meant it.
 */
async function finishSecret(job: Job, strategy: Strategy): Promise<string> {
  const { event, invocation } = job;
  const { SecretId, ClientRequestToken: token } = event;
  const tested = currentWhenTested(event);
  const isProved = tested !== undefined && wasCompared(event, tested);
  const proved = isProved ? tested : await proveAgain(job, strategy);
  if (proved === undefined) {
    return ALREADY_CURRENT;
  }
  const retains = invocation.settings.RETAIN_PREVIOUS || !job.engine.keepsTwoPasswords;
  const retire = retains ? undefined : strategy.retirePrevious;
  // Also after a proof of its own: a login takes time, in which the rotation may have been abandoned.
  const read = await guarded(event, invocation.deadline, retire ? readPending(job) : NOTHING);
  if (read === undefined) {
    return ALREADY_CURRENT;
  }
  const [labels, pending] = read;
  const holder = holderOf(labels, AWSCURRENT);
  if (holder === undefined) {
    throw noCurrentVersion();
  }
  for (const version of [tested ?? proved, proved]) {
    if (version !== holder) {
      throw movedSinceTest(version, holder, event);
    }
  }
  const readLabels = async () => (await describeSecret(SecretId, invocation.deadline)).labels;
  let outcome = `Moved AWSCURRENT from version ${holder} to version ${token}`;
  if (!(await moveCurrent(SecretId, holder, token, invocation.deadline))) {
    // Also after a move whose answer was lost: the SDK makes the call again, and that one is refused.
    const after = await readLabels();
    if (tokenState(after, token) !== "current") {
      throw new RotationError(
        "lost-race",
        `AWSCURRENT could not be moved from version ${holder} to ${token}; it is on ${holderOf(after, AWSCURRENT)}.`,
        "Somebody changed the secret during the rotation; check which version is right, then rotate again.",
      );
    }
    outcome = ALREADY_CURRENT;
  }
  return retire && pending ? `${outcome}; ${await retire({ ...job, pending, readLabels })}` : outcome;
}

/**
 * What testSecret proves, and that the pending version is what this rotation would have made of the current one.
 *
 * @returns the version that is current; undefined when the token's version is that already.
 */
async function proveAgain(job: Job, strategy: Strategy): Promise<string | undefined> {
  const read = await guarded(job.event, job.invocation.deadline, readPending(job), readCurrent(job));
  if (read === undefined) {
    return undefined;
  }
  const [labels, pending, currentVersion] = read;
  const current = currentSecret(currentVersion, labels);
  assertFollows(pending, current, strategy, job.event);
  await strategy.testSecret({ ...job, pending, readCurrent: async () => current });
  return currentVersion.versionId;
}
