import { REASONS } from "../../shared/report/errors.ts";
import { findSecrets } from "../support/find-secrets.ts";
import type { Outcome } from "./outcome.ts";

/** Milliseconds: what a machine that does other things as well may add to a deadline. */
const PATIENCE = 400;

/** A shorter secret would be found in ordinary words. */
const SHORTEST_CANARY = 8;

/** Before anything was written or a login tried. */
const BEFORE_ANYTHING = ["malformed-event", "malformed-settings", "malformed-secret", "unstorable"];
const WRITES = ["PutSecretValue", "UpdateSecretVersionStage"];

/** What a line of a log, or an error, must not hold: it could look like another one, or move a terminal's cursor. */
const FORGERY = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

export interface Evidence {
  readonly outcome: Outcome;
  /** What must be nowhere in the log or in the error. */
  readonly canaries: readonly string[];
  readonly operations: readonly string[];
  /** What servers have heard, one connection each; undefined where a case judges that itself. */
  readonly heard?: readonly Buffer[];
  /** The one reason that a case may end for besides the known ones: a bug that it has planted. */
  readonly unexpected?: boolean;
}

/** What is wrong with it, if anything, in words. */
export function judge({ outcome, canaries, operations, heard = [], unexpected }: Evidence): string[] {
  return [
    ...wrongError(outcome, unexpected ?? false),
    ...(outcome.milliseconds > outcome.given + PATIENCE
      ? [`took ${outcome.milliseconds} of ${outcome.given} ms`]
      : []),
    ...leaks(outcome, canaries),
    ...tooEager(outcome, operations, heard),
  ];
}

/** Findings that a busy machine can cause: an end after the deadline, or another error than without haste. */
const LATENESS = /^(took [\d.]+ of \d+ ms|ended with [\w-]+ instead of [\w-]+)$/;

/** Whether there are findings, and a busy machine can be the cause of all of them. */
export function isLate(findings: readonly string[]): boolean {
  return findings.length > 0 && findings.every((finding) => LATENESS.test(finding));
}

function wrongError({ thrown, reason }: Outcome, unexpected: boolean): string[] {
  if (thrown === undefined) return [];
  if (!(thrown instanceof Error) || thrown.name !== "RotationError")
    return [`threw no RotationError: ${thrown}`];
  const { message } = thrown;
  const more = Object.getOwnPropertyNames(thrown).filter(
    (name) => !["message", "name", "reason", "stack"].includes(name),
  );
  return [
    ...(REASONS.some((known) => known === reason) ? [] : [`unknown reason ${reason}`]),
    ...(reason === "unexpected" && !unexpected ? [`unexpected: ${message}`] : []),
    ...(more.length > 0 ? [`the error has also ${more}`] : []),
    ...(FORGERY.test(message) ? [`an error of several lines: ${JSON.stringify(message)}`] : []),
    ...(/^.{10,11000}$/s.test(message) ? [] : [`an error of ${message.length} characters`]),
    ...(/\. \S.{8}|: \S/s.test(message) ? [] : [`no remedy: ${message}`]),
  ];
}

function leaks({ thrown, log }: Outcome, canaries: readonly string[]): string[] {
  const error =
    thrown instanceof Error ? { ...thrown, message: thrown.message, stack: thrown.stack } : thrown;
  const secrets = canaries.filter((secret) => secret.length >= SHORTEST_CANARY);
  const forged = log.filter((line) => FORGERY.test(String(JSON.parse(line).message)));
  return [
    ...findSecrets(secrets, log.join("\n")).map((secret) => `the log has ${JSON.stringify(secret)}`),
    ...findSecrets(secrets, JSON.stringify(error) ?? "").map(
      (secret) => `the error has ${JSON.stringify(secret)}`,
    ),
    ...forged.map((line) => `a line of the log that could be two: ${line}`),
  ];
}

function tooEager(
  { reason = "" }: Outcome,
  operations: readonly string[],
  heard: readonly Buffer[],
): string[] {
  if (!BEFORE_ANYTHING.includes(reason)) return [];
  const writes = operations.filter((operation) => WRITES.includes(operation));
  return [
    ...(writes.length > 0 ? [`${reason}, but after ${writes}`] : []),
    ...(heard.length > 0 ? [`${reason}, but after a login was tried`] : []),
  ];
}
