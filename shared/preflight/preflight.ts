import {
  describeSecret,
  randomPassword,
  type SecretDescription,
  unlabeledVersions,
} from "../aws/secrets-manager.ts";
import type { CarefulEngine } from "../engine/careful-engine.ts";
import type { Inspection, Session } from "../engine/engine.ts";
import type { Deadline } from "../protocol/deadline.ts";
import type { PreflightEvent } from "../protocol/event.ts";
import { assertFollows, assertStorable } from "../protocol/pending-checks.ts";
import { withCancelRemedy } from "../protocol/remedies.ts";
import { noCurrentVersion, readCurrent, readPending, readPrevious } from "../protocol/versions.ts";
import { RotationError, withoutSecrets } from "../report/errors.ts";
import { type Examination, examination } from "../report/examination.ts";
import type { Log } from "../report/log.ts";
import { shellWord } from "../report/shell.ts";
import { nextValue } from "../secret/next-value.ts";
import { passwordRules } from "../secret/password.ts";
import type { DatabaseSecret } from "../secret/secret.ts";
import { readSettings } from "../secret/settings.ts";
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, holderOf, type StagingLabels } from "../staging-labels.ts";
import type { Preview, Strategy } from "../strategies/strategy.ts";
import { examineLogin } from "./login.ts";
import { checksOf, type Report } from "./report.ts";
import { assertNamesFunction } from "./rotation-function.ts";

/** Milliseconds. A secret that changed within this time may be rotating: four steps of 30 s. */
const ROTATING_MS = 120_000;

/** For engines without `inspect`. */
const UNSEEN: Inspection = { version: "The server answers", window: "always" };

export interface Subject {
  readonly engine: CarefulEngine;
  readonly strategy: Strategy;
  /** ARN of the invoked function; undefined for `--local`, which accepts any function of the secret. */
  readonly functionArn: string | undefined;
  readonly deadline: Deadline;
  readonly log: Log;
}

/**
 * Checks whether the next rotation of a secret would succeed, by the reads, logins and plan of a rotation. Writes nothing,
 * takes no lock, and never throws over what it finds.
 *
 * Uses nothing of the value before the secret is known to name this function: otherwise a secret writer could make the
 * function connect to any host of its network.
 */
export async function preflight({ SecretId }: PreflightEvent, subject: Subject): Promise<Report> {
  const started = performance.now();
  const { deadline, strategy } = subject;
  const found = examination(deadline);
  const before = await examine(SecretId, subject, found);
  const after = before && (await describeSecret(before.arn, deadline).catch(() => undefined));
  const hasMoved = after !== undefined && labelText(after.labels) !== labelText(before?.labels);
  if (before && hasMoved) {
    noteRotating(found, before, "The staging labels have moved while preflight ran.");
  }
  const isRotating = before !== undefined && (hasMoved || isUnderWay(before));
  const checks = found.checks(isRotating ? ["labels"] : checksOf(strategy.preview !== undefined));
  const hasFailed = checks.some(({ status }) => status === "failed");
  return {
    secret: before?.arn ?? SecretId,
    outcome: isRotating ? "rotating" : hasFailed ? "unhealthy" : "healthy",
    milliseconds: Math.round(performance.now() - started),
    checks,
  };
}

/** @returns the description of the secret, if the secret names this function. */
async function examine(
  secretId: string,
  subject: Subject,
  found: Examination,
): Promise<SecretDescription | undefined> {
  const { engine, strategy, functionArn, deadline, log } = subject;
  const { run } = found;
  noteNotChecked(found, engine.pair !== undefined && strategy.preview !== undefined);
  const settings = await run("settings", () => {
    const read = readSettings();
    passwordRules(read, engine);
    return read;
  });
  const password =
    settings &&
    (await run("random-password", async (notes) => {
      const rules = passwordRules(settings, engine);
      notes.detail(`${rules.PasswordLength} characters`);
      return await randomPassword(rules, deadline);
    }));
  const secret = await run("secret", async () => await describeLiving(secretId, deadline));
  const namesFunction = secret && (await run("rotation", () => assertNamesFunction(secret, functionArn)));
  if (!secret || namesFunction === undefined) {
    return undefined;
  }
  if (isUnderWay(secret)) {
    noteRotating(
      found,
      secret,
      "A rotation is under way, or the secret was changed within the last two minutes.",
    );
    return secret;
  }
  const { arn, labels } = secret;
  const current = await run("labels", (notes) => {
    const version = holderOf(labels, AWSCURRENT);
    if (version === undefined) {
      throw noCurrentVersion();
    }
    notes.detail(`AWSCURRENT is on version ${version}`);
    return version;
  });
  if (current === undefined || settings === undefined) {
    return secret;
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
  if (value) {
    const unfinished =
      pending === undefined || pending === current
        ? undefined
        : await run("pending", (notes) => examinePending(job, value, strategy, notes));
    if (unfinished === undefined && (pending === undefined || pending === current)) {
      found.note("pending", { status: "ok", milliseconds: 0, details: ["No rotation is unfinished"] });
    }
    const preview: Preview = {
      ...job,
      current: value,
      pending: unfinished?.value,
      isFirst: holderOf(labels, AWSPREVIOUS) === undefined,
      readPrevious: () => readPrevious(job, labels),
    };
    await examineDatabase(preview, strategy, found);
  }
  return secret;
}

async function describeLiving(secretId: string, deadline: Deadline): Promise<SecretDescription> {
  const secret = await describeSecret(secretId, deadline);
  if (secret.deleted) {
    throw new RotationError(
      "secret-deleted",
      "The secret is scheduled for deletion.",
      `Restore it first: aws secretsmanager restore-secret --secret-id ${shellWord(secretId)}`,
    );
  }
  return secret;
}

interface Notes {
  detail(text: string): void;
  warn(cause: string, remedy: string): void;
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

async function examineDatabase(preview: Preview, strategy: Strategy, found: Examination): Promise<void> {
  const { engine, invocation, current } = preview;
  const opened = await examineLogin(found, current.login, (observe) =>
    invocation.deadline.bound(strategy.open({ ...preview, invocation: { ...invocation, observe } })),
  );
  await using session = opened?.session;
  if (opened && opened.by !== AWSCURRENT) {
    found.note("login", {
      status: "warning",
      milliseconds: 0,
      cause: `The database rejects the password under AWSCURRENT, and accepts the one under ${opened.by}.`,
      remedy: `The next rotation repairs that: aws secretsmanager rotate-secret --secret-id ${shellWord(preview.event.SecretId)}`,
    });
  }
  const serves = session && (await examineServer(engine, session, strategy, found));
  await strategy.preview?.(preview, serves ? session : undefined, found.run);
}

async function examineServer(
  engine: CarefulEngine,
  session: Session,
  strategy: Strategy,
  { run, note }: Examination,
): Promise<boolean> {
  const window = await run("server", async (notes) => {
    const { version, window } = (await engine.inspect?.(session, "user")) ?? UNSEEN;
    notes.detail(version);
    return window;
  });
  if (window === undefined || strategy.preview) {
    return window !== undefined;
  }
  if (typeof window === "object") {
    note("unavailability-window", { status: "warning", milliseconds: 0, ...window });
  } else {
    const details = {
      none: "The old password goes on working beside the new one",
      always:
        "From setSecret to finishSecret AWSCURRENT does not log in; the strategy master-user has no such window",
    };
    note("unavailability-window", { status: "ok", milliseconds: 0, details: [details[window]] });
  }
  return true;
}

function noteNotChecked({ note }: Examination, hasTwoUsers: boolean): void {
  const policy = hasTwoUsers ? "rotation-master-user.json" : "rotation-single-user.json";
  note("write-permissions", {
    status: "not-checked",
    milliseconds: 0,
    cause:
      "PutSecretValue, UpdateSecretVersionStage and kms:GenerateDataKey cannot be asked for without writing.",
    remedy: `Compare the function's role with policies/${policy} and policies/secret-key.json.`,
  });
  note("password-checks", {
    status: "not-checked",
    milliseconds: 0,
    cause: "Policies and modules of the server that check a new password are asked only when one is set.",
    remedy: "Compare PASSWORD_LENGTH and the EXCLUDE_ variables of the function with them.",
  });
}

function isUnderWay({ labels, changed }: SecretDescription): boolean {
  const pending = holderOf(labels, AWSPENDING);
  const age = Date.now() - (changed?.getTime() ?? 0);
  return pending !== undefined && pending !== holderOf(labels, AWSCURRENT) && age < ROTATING_MS;
}

function noteRotating({ note }: Examination, { labels }: SecretDescription, cause: string): void {
  const pending = holderOf(labels, AWSPENDING);
  note("labels", {
    status: "warning",
    milliseconds: 0,
    cause,
    remedy:
      "Run preflight again in two minutes: meanwhile its logins and its plan would be those of another moment.",
    details: pending === undefined ? [] : [`AWSPENDING is on version ${pending}`],
  });
}

function labelText(labels: StagingLabels = {}): string {
  const sorted = Object.entries(labels).map(([id, names]) => [id, ...[...names].sort()]);
  return JSON.stringify(sorted.sort());
}
