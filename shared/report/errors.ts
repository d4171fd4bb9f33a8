import { redact } from "./redact.ts";
import { oneLine } from "./safe-text.ts";

/** Why a step fails. docs/troubleshooting.md has a section for each reason. */
export const REASONS = [
  "malformed-event",
  "malformed-settings",
  "rotation-disabled",
  "unknown-secret",
  "unknown-token",
  "not-pending",
  "no-current-version",
  "no-value",
  "malformed-secret",
  "unstorable",
  "unsupported",
  "user-not-owned",
  "privilege-mismatch",
  "secret-changed",
  "secret-deleted",
  "lost-race",
  "access-denied",
  "throttled",
  "secrets-manager",
  "unreachable",
  "tls",
  "login-rejected",
  "login-not-allowed",
  "wrong-user",
  "account-locked",
  "password-expired",
  "connection-limit",
  "missing-database",
  "missing-privilege",
  "password-refused",
  "second-password",
  "read-only",
  "locked",
  "unavailable",
  "database",
  "deadline",
  "unexpected",
] as const;

/** Filter logs and alarms by this value. */
export type Reason = (typeof REASONS)[number];

/** Why a step is refused, and what to do about it. */
export interface Explanation {
  readonly reason: Reason;
  /** A sentence. */
  readonly cause: string;
  /** An instruction, or a command that can be pasted. */
  readonly remedy: string;
}

/**
 * The only error that a rotation function throws. Its message is the cause, then the remedy.
 *
 * Lambda logs the message, the name and every own property of a thrown error. So the remedy is part of the message, and no
 * error of a driver or the SDK is attached: drivers put whole statements into their errors. Texts of a server are redacted
 * and made one line.
 */
export class RotationError extends Error {
  override readonly name = "RotationError";
  readonly reason: Reason;
  // Private fields are no own properties, so Lambda does not log them a second time.
  readonly #cause: string;
  readonly #remedy: string;

  constructor(reason: Reason, cause: string, remedy: string) {
    const [what, how] = [cause, remedy].map((text) => oneLine(redact(text)));
    super(`${what} ${how}`);
    this.reason = reason;
    this.#cause = what ?? "";
    this.#remedy = how ?? "";
  }

  get explanation(): Explanation {
    return { reason: this.reason, cause: this.#cause, remedy: this.#remedy };
  }
}

export function refusedFor({ reason, cause, remedy }: Explanation): RotationError {
  return new RotationError(reason, cause, remedy);
}

/** Appends the reason, so that a search for it finds the section of docs/troubleshooting.md. */
export function withReason(error: RotationError): RotationError {
  const end = ` [${error.reason}]`;
  if (!error.message.endsWith(end)) {
    error.message += end;
  }
  return error;
}

/** Returns an error that may be logged. Of an error that is no RotationError, it keeps only the name and the place. */
export function withoutSecrets(thrown: unknown): RotationError {
  if (thrown instanceof RotationError) {
    return thrown;
  }
  return new RotationError(
    "unexpected",
    `Unexpected ${nameAndPlace(thrown)}.`,
    "Please report this as a bug.",
  );
}

/** Returns the name and place of an error whose message may contain a secret. */
export function nameAndPlace(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name} ${placeOf(thrown)}`.trim() : `${typeof thrown} thrown`;
}

/** Returns the first frame of the stack. The message comes before the frames, and may look like one. */
function placeOf({ stack = "", message }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /^\s+(at \S.*:\d+:\d+\)?)$/m.exec(frames)?.[1] ?? "";
}
