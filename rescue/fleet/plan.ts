import type { Screen } from "../screen.ts";
import type { PlanOptions } from "./options.ts";
import { windowFor } from "./window.ts";

/** @returns the exit status. */
export function plan({ secrets, writesPerSecond, json }: PlanOptions, screen: Screen): number {
  const window = windowFor(secrets, writesPerSecond);
  if (json) {
    screen.json({ secrets, writesPerSecond, ...window });
    return 0;
  }
  const { leastSeconds, seconds, hours, windows } = window;
  screen.line(
    `${secrets} rotations write twice each, and ${writesPerSecond} writes a second are left for them.`,
  );
  screen.line(`The quota takes ${Math.ceil(leastSeconds)} s for them, all of it used.`);
  screen.line(`In ${Math.ceil(seconds)} s, at random moments, hardly any call is throttled.`);
  screen.line(
    windows === 1
      ? `A window of ${hours} h is long enough: cron(0 <hour> <day> * ? *) with a duration of ${hours}h.`
      : `One window is not long enough: take ${windows} of ${hours} h on different days, with a part of the secrets each.`,
  );
  return 0;
}
