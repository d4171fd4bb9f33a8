import { type Answer, serviceFault, type Verdict } from "../support/interception.ts";
import type { Effect, Harness } from "./harness.ts";
import type { Point } from "./points.ts";

/** The faults, and what each one does. */
export const FAULTS = {
  kill: "SIGKILL for the function's process",
  cut: "the connection ends",
  throttled: "ThrottlingException, until the SDK has tried three times",
  failed: "InternalServiceError, whenever the SDK tries again",
  timeout: "nothing is answered, until the SDK tries again",
  silent: "nothing is answered, whenever the SDK tries again",
  stale: "the answer is what it was before it became what it is",
  freeze: "SIGSTOP for the function's process, whose connections stay open",
  wake: "SIGSTOP, and SIGCONT after the next rotation",
  abandon: "SIGSTOP; the rotation is canceled; SIGCONT after the next one",
  blocked: "SIGSTOP while a statement waits for a lock",
} as const;

export type Fault = keyof typeof FAULTS;

export interface Injection {
  readonly point: string;
  /** "before": the effect does not happen. "after": it has happened, and the function has no answer yet. */
  readonly moment: Effect["moment"];
  readonly fault: Fault;
}

const FREEZING: readonly Fault[] = ["freeze", "wake", "abandon", "blocked"];

/** Whether the fault stops the process. Such a case takes seconds, most of which it waits. */
export function isFreezing({ fault }: Injection): boolean {
  return FREEZING.includes(fault);
}

/** Properties of the rotation without the fault. */
interface Circumstances {
  /** The answer at this point was different earlier, so that a stale answer exists. */
  readonly mayBeStale: boolean;
  /** AWSCURRENT logs in at every instant, so that a canceled rotation leaves nothing to repair. */
  readonly alwaysCurrent: boolean;
  /** The user whose password is changed exists before the rotation. */
  readonly userExists: boolean;
}

/** All faults that can be injected at a point. */
export function injectionsAt(
  { name, kind, what }: Point,
  { mayBeStale, alwaysCurrent, userExists }: Circumstances,
): Injection[] {
  const both: Fault[] = [
    ...(kind === "call"
      ? (["kill", "cut", "throttled", "failed", "timeout"] as const)
      : (["kill", "cut"] as const)),
    "freeze",
    "wake",
    ...(alwaysCurrent ? (["abandon"] as const) : []),
  ];
  const before: Fault[] = [
    ...(kind === "call" ? ["silent" as const] : []),
    ...(mayBeStale ? ["stale" as const] : []),
    // The administrator takes the lock here, so that the first statement that needs it waits.
    ...(userExists && name === "setSecret.login.1" ? ["blocked" as const] : []),
  ];
  // A read whose answer is withheld has not happened.
  const after: Fault[] = /^(Put|Update)/.test(what) && kind === "call" ? ["silent"] : [];
  return [
    ...[...both, ...before].map((fault): Injection => ({ point: name, moment: "before", fault })),
    ...[...both, ...after].map((fault): Injection => ({ point: name, moment: "after", fault })),
  ];
}

/**
 * Injects the fault and returns what the proxy does with the call. Returns "pass" if the fault is over and the SDK
 * repeats the call. A repetition by the function itself is another point. Faults that freeze the process are in freeze/.
 */
export async function inject(
  { fault }: Injection,
  { retry }: Effect,
  harness: Harness,
  staleAnswer: Answer | undefined,
): Promise<Verdict> {
  if (fault === "silent") return "silence";
  if (fault === "throttled") return serviceFault(400, "ThrottlingException");
  if (fault === "failed") return serviceFault(500, "InternalServiceError");
  if (retry) return "pass";
  if (fault === "kill") await harness.kill();
  if (fault === "timeout") return "silence";
  if (fault === "stale" && staleAnswer) return staleAnswer;
  return "cut";
}

export function nameOf(injections: readonly Injection[]): string {
  return injections.map(({ point, moment, fault }) => `${point}/${moment}/${fault}`).join("+");
}

/** The inverse of nameOf. Throws if the name is not valid. */
export function injectionsNamed(name: string): Injection[] {
  return name.split("+").map((one) => {
    const [point = "", moment, fault = ""] = one.split("/");
    if ((moment !== "before" && moment !== "after") || !(fault in FAULTS)) {
      throw new Error(`"${one}" is not <point>/before or after/${Object.keys(FAULTS).join(" or ")}.`);
    }
    return { point, moment, fault: fault as Fault }; // A key, as was just seen.
  });
}
