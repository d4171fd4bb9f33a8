import { describeSecret, type SecretDescription } from "../aws/secrets-manager.ts";
import type { Deadline } from "../protocol/deadline.ts";
import type { PreflightEvent } from "../protocol/event.ts";
import { RotationError } from "../report/errors.ts";
import { type Examination, examination } from "../report/examination.ts";
import { shellWord } from "../report/shell.ts";
import { examineDatabase } from "./database.ts";
import { noteNotChecked } from "./not-checked.ts";
import { checksOf, type Report } from "./report.ts";
import { assertNamesFunction } from "./rotation-function.ts";
import { examineSettings } from "./settings.ts";
import type { Subject } from "./subject.ts";
import { haveMoved, isUnderWay, noteRotating } from "./under-way.ts";
import { examineValues } from "./values.ts";

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
  const hasMoved = before !== undefined && after !== undefined && haveMoved(before, after);
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
  const { engine, strategy, functionArn, deadline } = subject;
  noteNotChecked(found, engine.pair !== undefined && strategy.preview !== undefined);
  const examined = await examineSettings(subject, found);
  const secret = await found.run("secret", async () => await describeLiving(secretId, deadline));
  const namesFunction =
    secret && (await found.run("rotation", () => assertNamesFunction(secret, functionArn)));
  if (!secret || namesFunction === undefined) {
    return undefined;
  }
  if (isUnderWay(secret)) {
    const cause = "A rotation is under way, or the secret was changed within the last two minutes.";
    noteRotating(found, secret, cause);
    return secret;
  }
  const preview = await examineValues(secret, examined, subject, found);
  if (preview) {
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
