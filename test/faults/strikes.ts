import { type Answer, serviceFault, type Verdict } from "../support/passage.ts";
import type { Point } from "./points.ts";
import type { Effect, Scene } from "./scene.ts";

/** What goes wrong at a point: */
export const FAULTS = {
  kill: "SIGKILL for the function's process",
  cut: "the connection ends",
  throttled: "ThrottlingException, until the SDK has tried three times",
  failed: "InternalServiceError, whenever the SDK tries again",
  timeout: "nothing is ever answered",
  stale: "the answer is what was true before the last write",
} as const;

export type Fault = keyof typeof FAULTS;

export interface Strike {
  readonly point: string;
  /** Before it had an effect, or when it had one and the function does not know yet. */
  readonly moment: Effect["moment"];
  readonly fault: Fault;
}

/** All that can go wrong at a point. */
export function strikesAt({ name, kind, reads }: Point): Strike[] {
  const both: Fault[] = kind === "call" ? ["kill", "cut", "throttled", "failed", "timeout"] : ["kill", "cut"];
  const strikes = (["before", "after"] as const).flatMap((moment) =>
    both.map((fault): Strike => ({ point: name, moment, fault })),
  );
  return reads ? [...strikes, { point: name, moment: "before", fault: "stale" }] : strikes;
}

/**
 * Lets it go wrong; "pass" when the fault is over and the SDK has tried again. What the function itself asks again after
 * the SDK's three attempts is another point.
 */
export async function strike(
  { fault }: Strike,
  { retry, request }: Effect,
  scene: Scene,
  recall: (operation: string, input: object) => Answer,
): Promise<Verdict> {
  if (fault === "throttled") return serviceFault(400, "ThrottlingException");
  if (fault === "failed") return serviceFault(500, "InternalServiceError");
  if (retry) return "pass";
  if (fault === "kill") await scene.kill();
  if (fault === "timeout") return "silence";
  if (fault === "stale" && request) return recall(request.operation, request.input);
  return "cut";
}

export function nameOf(strikes: readonly Strike[]): string {
  return strikes.map(({ point, moment, fault }) => `${point}/${moment}/${fault}`).join("+");
}

/** @throws when it is not the name of strikes. */
export function strikesNamed(name: string): Strike[] {
  return name.split("+").map((one) => {
    const [point = "", moment, fault = ""] = one.split("/");
    if ((moment !== "before" && moment !== "after") || !(fault in FAULTS)) {
      throw new Error(`"${one}" is not <point>/before or after/${Object.keys(FAULTS).join(" or ")}.`);
    }
    return { point, moment, fault: fault as Fault }; // A key, as was just seen.
  });
}
