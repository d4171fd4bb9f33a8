import { describeSecret, moveCurrent, putPendingValue, randomPassword } from "./aws/secrets-manager.ts";
import { type CarefulEngine, careful } from "./engine/careful-engine.ts";
import type { Engine, Session } from "./engine/engine.ts";
import { preflight } from "./preflight/preflight.ts";
import type { Report } from "./preflight/report.ts";
import { deadlineOf, type LambdaContext } from "./protocol/deadline.ts";
import { type PreflightEvent, parseEvent, parsePreflight, type Step } from "./protocol/event.ts";
import { guarded } from "./protocol/guard.ts";
import { assertFollows, assertStorable, isSameValue, movedSinceTest } from "./protocol/pending-checks.ts";
import { withCancelRemedy } from "./protocol/remedies.ts";
import {
  comparedWith,
  currentWhenTested,
  forgetTested,
  rememberCompared,
  rememberTested,
} from "./protocol/remembered-checks.ts";
import {
  currentSecret,
  noCurrentVersion,
  readAbandoned,
  readCurrent,
  readPending,
  readPrevious,
} from "./protocol/versions.ts";
import { RotationError, withoutSecrets, withReason } from "./report/errors.ts";
import { logFor } from "./report/log.ts";
import { redacting } from "./report/redact.ts";
import { nextValue } from "./secret/next-value.ts";
import { passwordRules } from "./secret/password.ts";
import { readSettings } from "./secret/settings.ts";
import { AWSCURRENT, AWSPREVIOUS, holderOf, type StagingLabels, tokenState } from "./staging-labels.ts";
import type { Job, Strategy } from "./strategies/strategy.ts";

/**
 * A rotation function for Lambda: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 *
 * Secrets Manager invokes the function once per step. If a step fails, Secrets Manager starts again from createSecret with
 * the same token. So each step may run twice, also at the same time, and the second run finds what the first one did.
 */
export function rotation<S extends Session>(
  engine: Engine<S>,
  strategy: Strategy,
): (input: unknown, context: LambdaContext) => Promise<Report | undefined> {
  const carefulEngine = careful(engine);
  return (input, context) =>
    redacting(() => {
      const asked = parsePreflight(input);
      return asked
        ? runPreflight(carefulEngine, strategy, asked, context)
        : run(carefulEngine, strategy, input, context).catch((thrown: unknown) => {
            throw withReason(withoutSecrets(thrown));
          });
    });
}

/** Never throws over what it finds: an invocation that fails would count as a failed rotation in alarms. */
async function runPreflight(
  engine: CarefulEngine,
  strategy: Strategy,
  event: PreflightEvent,
  context: LambdaContext,
): Promise<Report> {
  const log = logFor(event);
  using deadline = deadlineOf(context);
  const functionArn = context.invokedFunctionArn ?? "";
  const report = await preflight(event, { engine, strategy, functionArn, deadline, log });
  const { outcome, milliseconds } = report;
  log.info(`Preflight: ${outcome}`, { outcome, milliseconds });
  return report;
}

async function run(
  engine: CarefulEngine,
  strategy: Strategy,
  input: unknown,
  context: LambdaContext,
): Promise<undefined> {
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
    const error = withReason(withoutSecrets(thrown));
    const { explanation } = error;
    log.error(error.message, { outcome: "failed", ...explanation, milliseconds: milliseconds() });
    throw error;
  }
}

const STEPS: Record<Step, (job: Job, strategy: Strategy) => Promise<string>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

const NOTHING = Promise.resolve(undefined);
const ALREADY_CURRENT = "The version is AWSCURRENT already: nothing to do";

/** Another run of the step may promote the version while this run compares it with the version that was current. */
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
 * Stores the value of the next version: a copy of the current value with another password. If another run of this step has
 * stored a value before, that value stays.
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
  const [{ labels, confirm }, currentVersion, password] = read;
  const current = currentSecret(currentVersion, labels);
  const user = strategy.nextUser(current);
  assertStorable(engine, user.username, password, current.login.username);
  const value = nextValue(current, { ...user, password }, invocation);
  // PutSecretValue moves AWSPENDING to this version. A step that was frozen must not do so after its rotation has ended.
  await confirm();
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
  const [{ labels, confirm }, currentVersion, pending] = read;
  const current = currentSecret(currentVersion, labels);
  assertFollows(pending, current, strategy, event);
  rememberCompared(event, labels);
  const rotation = {
    ...job,
    current,
    pending,
    isFirst: holderOf(labels, AWSPREVIOUS) === undefined,
    readPrevious: () => readPrevious(job, labels),
    confirm,
    abandoned: () => readAbandoned(job, labels, current),
  };
  try {
    assertStorable(engine, pending.login.username, pending.login.password);
    return await strategy.setSecret(rotation);
  } catch (error) {
    throw withCancelRemedy(error, event);
  }
}

/** Proves that the pending version may be promoted. RotateImmediately=false runs this step alone. */
async function testSecret(job: Job, strategy: Strategy): Promise<string> {
  forgetTested();
  const tested = await test(job, strategy);
  if (tested === undefined) {
    return ALREADY_CURRENT;
  }
  rememberTested(job.event, tested.labels);
  return tested.outcome;
}

/**
 * Compares the pending value with the current one, unless setSecret did so in this process. Then the strategy logs in and
 * compares the two users.
 *
 * @returns undefined if the token's version is AWSCURRENT already.
 */
async function test(
  job: Job,
  strategy: Strategy,
): Promise<{ readonly labels: StagingLabels; readonly outcome: string } | undefined> {
  const { event, invocation } = job;
  const compared = comparedWith(event);
  const read = await guarded(
    event,
    invocation.deadline,
    readPending(job),
    compared === undefined ? readCurrent(job) : NOTHING,
  );
  if (read === undefined) {
    return undefined;
  }
  const [{ labels }, pending, currentVersion] = read;
  const current = async () => currentSecret(currentVersion ?? (await readCurrent(job)), labels);
  let isCopy = false;
  if (compared === undefined || compared !== holderOf(labels, AWSCURRENT)) {
    isCopy = isSameValue(pending, await current());
    if (!isCopy) {
      assertFollows(pending, await current(), strategy, event);
    }
  }
  const outcome = await strategy.testSecret({ ...job, pending, isCopy, readCurrent: current });
  return { labels, outcome };
}

/**
 * Moves AWSCURRENT to the pending version. Secrets Manager moves AWSPREVIOUS, and removes AWSPENDING.
 *
 * A user who may invoke the function may invoke this step first. So it repeats the checks of setSecret and testSecret,
 * unless they passed in this process.
 *
 * The move is a compare-and-swap on the version that holds the label. It is never retried with another version: an
 * operator who moved AWSCURRENT meanwhile did so on purpose.
 */
async function finishSecret(job: Job, strategy: Strategy): Promise<string> {
  const { event, invocation } = job;
  const { SecretId, ClientRequestToken: token } = event;
  let tested = currentWhenTested(event);
  if (tested === undefined) {
    const again = await test(job, strategy);
    if (again === undefined) {
      return ALREADY_CURRENT;
    }
    tested = holderOf(again.labels, AWSCURRENT);
  }
  const retains = invocation.settings.RETAIN_PREVIOUS || !job.engine.secondPassword;
  const retire = retains ? undefined : strategy.retirePrevious;
  // Read the labels after the test, too: the rotation may have been abandoned during its login.
  const read = await guarded(event, invocation.deadline, retire ? readPending(job) : NOTHING);
  if (read === undefined) {
    return ALREADY_CURRENT;
  }
  const [{ labels }, pending] = read;
  const holder = holderOf(labels, AWSCURRENT);
  if (holder === undefined) {
    throw noCurrentVersion();
  }
  if (tested !== holder) {
    throw movedSinceTest(tested, holder, event);
  }
  const readLabels = async () => (await describeSecret(SecretId, invocation.deadline)).labels;
  let outcome = `Moved AWSCURRENT from version ${holder} to version ${token}`;
  if (!(await moveCurrent(SecretId, holder, token, invocation.deadline))) {
    // If the answer to a successful move was lost, Secrets Manager refuses the SDK's retry.
    const after = await readLabels();
    if (tokenState(after, token) !== "current") {
      throw new RotationError(
        "lost-race",
        `AWSCURRENT could not be moved from version ${holder} to ${token}; it is on ${holderOf(after, AWSCURRENT)}.`,
        "The secret was changed during the rotation: check which version is right, then rotate again.",
      );
    }
    outcome = ALREADY_CURRENT;
  }
  return retire && pending ? `${outcome}; ${await retire({ ...job, pending, readLabels })}` : outcome;
}
