import type { Traffic } from "./client/client.ts";
import type { Options } from "./options.ts";
import type { PreflightReport } from "./preflight.ts";
import { totals } from "./recorder.ts";
import type { Result } from "./rotate.ts";

/** The output of --json. */
export function report(
  { engine, strategy }: Options,
  preflight: PreflightReport,
  result: Result,
  application?: Traffic,
): object {
  const { rotations, steps, logins, labels, proof } = result;
  return {
    engine,
    strategy,
    preflight,
    rotations,
    steps,
    apiCalls: totals(steps),
    failedApiCalls: steps.reduce((sum, step) => sum + step.failedApiCalls, 0),
    logins,
    labels,
    proof,
    ...(application && { application }),
  };
}
