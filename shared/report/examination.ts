import type { Deadline } from "../protocol/deadline.ts";
import { type Explanation, type Reason, withoutSecrets } from "./errors.ts";
import { redact } from "./redact.ts";
import { oneLine } from "./safe-text.ts";

/** The checks of preflight, in their order. Reports of single-user functions leave out those for two users. */
export const CHECKS = [
  "settings",
  "random-password",
  "secret",
  "rotation",
  "labels",
  "versions",
  "value",
  "pending",
  "dns",
  "tcp",
  "tls",
  "login",
  "server",
  "unavailability-window",
  "master-secret",
  "master-login",
  "plan",
  "write-permissions",
  "password-checks",
] as const;

export type CheckName = (typeof CHECKS)[number];

export const STATUSES = ["ok", "warning", "failed", "not-checked"] as const;

/** The result of a check. `cause` and `remedy` are set unless the status is `ok`. */
export interface Check {
  readonly name: CheckName;
  /** `warning`: a rotation succeeds nevertheless. `not-checked`: `cause` says why. */
  readonly status: (typeof STATUSES)[number];
  readonly milliseconds: number;
  /** For a failed check: the reason of the error that a rotation would fail with. */
  readonly reason?: Reason | undefined;
  readonly cause?: string | undefined;
  readonly remedy?: string | undefined;
  /** Findings for people: a version, an expiry date, the statements of a plan. */
  readonly details: readonly string[];
}

/** By which a check reports what it finds. */
export interface Notes {
  detail(text: string): void;
  /** Replaces an earlier warning of the check. */
  warn(cause: string, remedy: string, reason?: Reason): void;
}

/** Runs a check. @returns its result, or undefined if it has failed. */
export type RunCheck = <T>(name: CheckName, work: (notes: Notes) => T | Promise<T>) => Promise<T | undefined>;

/** Maximum details of a check. An answer of Lambda has at most six megabytes. */
const MOST_DETAILS = 200;

/** Collects the results of checks. Texts are redacted, and errors are RotationErrors. */
export interface Examination {
  readonly run: RunCheck;
  /** Adds the result of a check that was not run by `run`. */
  note(name: CheckName, found: Omit<Check, "name" | "details"> & { details?: readonly string[] }): void;
  /** Returns the checks of these names in their order. Those that did not run are `not-checked`. */
  checks(names: readonly CheckName[]): Check[];
}

export function examination(deadline: Deadline): Examination {
  const found = new Map<CheckName, Check>();
  const note: Examination["note"] = (name, { details = [], cause, remedy, ...check }) => {
    const more = details.length - MOST_DETAILS;
    const shown = more > 0 ? [...details.slice(0, MOST_DETAILS), `… and ${more} more`] : [...details];
    found.set(name, {
      name,
      ...check,
      ...(cause !== undefined && { cause: clean(cause) }),
      ...(remedy !== undefined && { remedy: clean(remedy) }),
      details: shown.map(clean),
    });
  };
  const run: RunCheck = async (name, work) => {
    const started = performance.now();
    const details: string[] = [];
    let warning: Partial<Explanation> | undefined;
    const notes: Notes = {
      detail: (text) => void details.push(text),
      warn: (cause, remedy, reason) => {
        warning = { cause, remedy, ...(reason && { reason }) };
      },
    };
    const milliseconds = () => Math.round(performance.now() - started);
    try {
      const result = await deadline.bound(Promise.resolve(work(notes)));
      note(name, { status: warning ? "warning" : "ok", milliseconds: milliseconds(), details, ...warning });
      return result;
    } catch (error) {
      const { explanation } = withoutSecrets(error);
      note(name, { status: "failed", milliseconds: milliseconds(), details, ...explanation });
      return undefined;
    }
  };
  return {
    run,
    note,
    checks: (names) =>
      names.map(
        (name) =>
          found.get(name) ?? {
            name,
            status: "not-checked",
            milliseconds: 0,
            cause: "A check before it has failed.",
            remedy: "Cure that one, then run preflight again.",
            details: [],
          },
      ),
  };
}

function clean(text: string): string {
  return oneLine(redact(text));
}
