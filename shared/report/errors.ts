import { redact } from "./redact.ts";
import { oneLine } from "./safe-text.ts";

/** Why a step fails; docs/troubleshooting.md has a section for each. */
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

/** Why a step failed: the value to filter logs and alarms by. */
export type Reason = (typeof REASONS)[number];

/** Why something is refused: what happened, and what to do about it. */
export interface Explanation {
  readonly reason: Reason;
  /** A sentence. */
  readonly cause: string;
  /** An instruction, or a command that can be pasted. */
  readonly remedy: string;
}

/**
 * The only error that a rotation function throws: what happened, then what to do about it.
 *
 * Lambda prints the message, the name and every own property of a thrown error, but not its `cause`. So the
 * remedy stands in the message, and nothing that a driver or the SDK threw is attached: drivers put whole
 * statements into their errors. What of a server's words stands in the message is made harmless.
 */
export class RotationError extends Error {
  override readonly name = "RotationError";
  readonly reason: Reason;
  // Private fields are no properties: Lambda does not print the message's parts once more.
  readonly #cause: string;
  readonly #remedy: string;

  constructor(reason: Reason, whatHappened: string, remedy: string) {
    const [what, how] = [whatHappened, remedy].map((text) => oneLine(redact(text)));
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

/** With its reason at the end, which people search for: the name of a section of docs/troubleshooting.md. */
export function withReason(error: RotationError): RotationError {
  const end = ` [${error.reason}]`;
  if (!error.message.endsWith(end)) {
    error.message += end;
  }
  return error;
}

/** Whatever was thrown, as an error that may be logged: of a stranger only its name and place are kept. */
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

/** What may be told of an error whose message may hold anything. */
export function nameAndPlace(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name} ${placeOf(thrown)}`.trim() : `${typeof thrown} thrown`;
}

/** The first frame of the stack. The message stands before it, and may look like one. */
function placeOf({ stack = "", message }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return /^\s+(at \S.*:\d+:\d+\)?)$/m.exec(frames)?.[1] ?? "";
}
