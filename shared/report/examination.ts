import type { Deadline } from "../protocol/deadline.ts";
import { type Explanation, type Reason, withoutSecrets } from "./errors.ts";
import { redact } from "./redact.ts";
import { oneLine } from "./safe-text.ts";

/** What preflight looks at, in this order. Those for two users are left out of the reports of single-user functions. */
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

/** What one check has found. `cause` and `remedy` are there unless it is `ok`. */
export interface Check {
  readonly name: CheckName;
  /** `warning`: a rotation succeeds nevertheless. `not-checked`: `cause` says why. */
  readonly status: (typeof STATUSES)[number];
  readonly milliseconds: number;
  /** Of a failed check: what a rotation would fail with. */
  readonly reason?: Reason | undefined;
  readonly cause?: string | undefined;
  readonly remedy?: string | undefined;
  /** What was found, for people: a version, an expiry date, the statements of a plan. */
  readonly details: readonly string[];
}

/** For the work of a check. */
export interface Notes {
  detail(text: string): void;
  /** The last one stays. */
  warn(cause: string, remedy: string, reason?: Reason): void;
}

/** Runs a check. @returns undefined if it has failed, or found nothing. */
export type RunCheck = <T>(name: CheckName, work: (notes: Notes) => T | Promise<T>) => Promise<T | undefined>;

/** A report goes back in one answer of Lambda, which has six megabytes at most. */
const MOST_DETAILS = 200;

/** Collects what checks find. Nothing secret comes in: texts are redacted, errors are a rotation's. */
export interface Examination {
  readonly run: RunCheck;
  /** For a check whose parts are known without running it: `milliseconds` is what it has taken. */
  note(name: CheckName, found: Omit<Check, "name" | "details"> & { details?: readonly string[] }): void;
  /** All checks of these names in their order: the missing ones were not run. */
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
