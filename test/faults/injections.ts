import { type Answer, serviceFault, type Verdict } from "../support/interception.ts";
import type { Effect, Harness } from "./harness.ts";
import type { Point } from "./points.ts";

/** What goes wrong at a point: */
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
  /** Before it had an effect, or when it had one and the function does not know yet. */
  readonly moment: Effect["moment"];
  readonly fault: Fault;
}

const FREEZING: readonly Fault[] = ["freeze", "wake", "abandon", "blocked"];

/** Whether the process is stopped: such a case takes seconds, in which it only waits. */
export function isFreezing({ fault }: Injection): boolean {
  return FREEZING.includes(fault);
}

/** What is true of a rotation before anything goes wrong in it. */
interface Circumstances {
  /** Secrets Manager could answer at this point something that was true before. */
  readonly mayBeStale: boolean;
  /** AWSCURRENT logs in at every instant: a rotation that is canceled leaves nothing to repair. */
  readonly alwaysCurrent: boolean;
  /** The user whose password is changed exists before the rotation. */
  readonly userExists: boolean;
}

/** All that can go wrong at a point. */
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
    // From here on the lock is held: the first statement that needs it waits.
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
 * Lets it go wrong; "pass" when the fault is over and the SDK has tried again. What the function itself asks again after
 * the SDK's three attempts is another point. Faults that freeze the process are brought about in freeze/.
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

/** @throws when it is not the name of injections. */
export function injectionsNamed(name: string): Injection[] {
  return name.split("+").map((one) => {
    const [point = "", moment, fault = ""] = one.split("/");
    if ((moment !== "before" && moment !== "after") || !(fault in FAULTS)) {
      throw new Error(`"${one}" is not <point>/before or after/${Object.keys(FAULTS).join(" or ")}.`);
    }
    return { point, moment, fault: fault as Fault }; // A key, as was just seen.
  });
}
