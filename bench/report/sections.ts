import type { Results } from "../results.ts";
import { besideAws } from "./beside-aws.ts";
import { bundles, packages, roundTrips } from "./counts.ts";
import { fleet } from "./fleet.ts";
import { memorySizes } from "./memory-sizes.ts";
import type { Section } from "./section.ts";
import { coldStarts, memory, wallTimes } from "./start-and-memory.ts";

/** The measured sections, in the order of the page. */
export function sections(results: Results): Section[] {
  return [coldStarts, bundles, packages, roundTrips, wallTimes, memory, memorySizes, fleet, besideAws]
    .map((section) => section(results))
    .filter(({ table }) => table !== undefined);
}
