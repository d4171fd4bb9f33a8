import { type SecretDescription, unlabeledVersions } from "../aws/secrets-manager.ts";
import type { Deadline } from "../protocol/deadline.ts";
import { assertFollows, assertStorable } from "../protocol/pending-checks.ts";
import { withCancelRemedy } from "../protocol/remedies.ts";
import { noCurrentVersion, readCurrent, readPending, readPrevious } from "../protocol/versions.ts";
import { withoutSecrets } from "../report/errors.ts";
import type { Examination, Notes } from "../report/examination.ts";
import { shellWord } from "../report/shell.ts";
import { nextValue } from "../secret/next-value.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, holderOf } from "../staging-labels.ts";
import type { Preview, Strategy } from "../strategies/strategy.ts";
import type { Examined } from "./settings.ts";
import type { Subject } from "./subject.ts";

/**
 * Examines the labels and the values of a secret that names this function.
 *
 * @returns what a rotation would read; undefined if there is no usable value.
 */
export async function examineValues(
  { arn, labels }: SecretDescription,
  { settings, password }: Examined,
  { engine, strategy, deadline, log }: Subject,
  { run, note }: Examination,
): Promise<Preview | undefined> {
  const current = await run("labels", (notes) => {
    const version = holderOf(labels, AWSCURRENT);
    if (version === undefined) {
      throw noCurrentVersion();
    }
    notes.detail(`AWSCURRENT is on version ${version}`);
    return version;
  });
  if (current === undefined || settings === undefined) {
    return undefined;
  }
  const pending = holderOf(labels, AWSPENDING);
  const event = { Step: "setSecret", SecretId: arn, ClientRequestToken: pending ?? current } as const;
  const job = { event, engine, invocation: { deadline, settings, log } };
  if (strategy.preview === undefined) {
    await run("versions", (notes) => examineVersions(arn, deadline, notes));
  }
  const value = await run("value", async (notes) => {
    const { secret: read } = await readCurrent(job);
    const next = strategy.nextUser(read);
    const fields = { ...next, password: password ?? read.login.password };
    assertStorable(engine, fields.username, fields.password, read.login.username);
    const warn = (message: string) => notes.warn(message, "A rotation logs the same.");
    nextValue(read, fields, { ...job.invocation, log: { ...log, warn } });
    notes.detail(`The user is ${read.login.username}, the next one ${next.username}`);
    return read;
  });
  if (value === undefined) {
    return undefined;
  }
  const isFinished = pending === undefined || pending === current;
  if (isFinished) {
    note("pending", { status: "ok", milliseconds: 0, details: ["No rotation is unfinished"] });
  }
  const unfinished = isFinished
    ? undefined
    : await run("pending", (notes) => examinePending(job, value, strategy, notes));
  return {
    ...job,
    current: value,
    pending: unfinished?.value,
    isFirst: holderOf(labels, AWSPREVIOUS) === undefined,
    readPrevious: () => readPrevious(job, labels),
  };
}

/** Few rotations need the unlabeled versions, and a rotation goes on if the role may not list them. */
async function examineVersions(arn: string, deadline: Deadline, notes: Notes): Promise<void> {
  try {
    const ids = await unlabeledVersions(arn, deadline);
    notes.detail(`${ids.length} versions without a label`);
  } catch (error) {
    const { reason, explanation } = withoutSecrets(error);
    if (reason !== "access-denied") {
      throw error;
    }
    notes.warn(explanation.cause, explanation.remedy);
  }
}

/** Checks the value of an unfinished rotation: its retry uses the value that is stored already. */
async function examinePending(
  job: Pick<Preview, "event" | "engine" | "invocation">,
  current: DatabaseSecret,
  strategy: Strategy,
  notes: Notes,
): Promise<{ readonly value: DatabaseSecret | undefined }> {
  const { event, engine } = job;
  const secretId = shellWord(event.SecretId);
  const remedy =
    "Secrets Manager retries it. RotateSecret returns an error now, and starts that retry. To cancel it instead: npm run rescue -- unstick " +
    `--secret-id ${secretId}`;
  const what = `A rotation was not finished: AWSPENDING is on version ${event.ClientRequestToken}`;
  const value = await readPending(job).catch((error: unknown) => {
    if (withoutSecrets(error).reason === "no-value") {
      return undefined;
    }
    throw error;
  });
  if (value === undefined) {
    notes.warn(`${what}, which has no value yet.`, remedy);
    return { value };
  }
  try {
    assertFollows(value, current, strategy, event);
    assertStorable(engine, value.login.username, value.login.password);
  } catch (error) {
    throw withCancelRemedy(error, event);
  }
  notes.warn(`${what}.`, remedy);
  return { value };
}
