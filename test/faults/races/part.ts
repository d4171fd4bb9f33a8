import { preload, SHORT_PAUSES } from "../../support/preload.ts";
import { type Variant, variantsOf } from "../columns.ts";
import type { Harness } from "../harness.ts";
import type { Part } from "../matrix.ts";
import { goThrough, type Row } from "../rows.ts";
import { sampleCases } from "../sample-cases.ts";
import { type Outcome, rotateWatched } from "../watched-rotation.ts";
import { atOnce, MEETINGS, type Meeting } from "./at-once.ts";
import { nameOfOverlap, type Overlap, overlapping, overlapsAt } from "./overlap.ts";

/** Each step of a variant is invoked 40 times: eight times two at once, and eight times three. */
const REPETITIONS = 4;

type Case = { readonly id: string; readonly variant: Variant } & (
  | { readonly times: number; readonly meeting: Meeting; readonly onlyBetweenSteps: boolean }
  | { readonly overlap: Overlap }
);

/** Rotations in which several invocations are at work at the same time. */
export function runRaces(part: Part): Promise<Row> {
  const environment = { NODE_OPTIONS: preload(SHORT_PAUSES) };
  return goThrough(part, "races", { environment }, (harness) => casesOf(part, harness), run);
}

async function casesOf(part: Part, harness: Harness): Promise<Case[]> {
  const { strategy, server, only } = part;
  const cases: Case[] = [];
  for (const variant of variantsOf(strategy, server.database.letKeepOldPassword !== undefined)) {
    if (only !== undefined && !only.startsWith(`${variant.name}/`)) continue;
    for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
      for (const times of [2, 3]) {
        for (const meeting of MEETINGS) {
          const id = `${variant.name}/${times} of each step at once, from the ${meeting} on/${repetition}`;
          cases.push({ id, variant, times, meeting, onlyBetweenSteps: repetition % 2 === 0 });
        }
      }
    }
    const { points } = await rotateWatched(harness, variant, {});
    for (const overlap of sampleCases(points.flatMap(overlapsAt), part)) {
      cases.push({ id: `${variant.name}/${nameOfOverlap(overlap)}`, variant, overlap });
    }
  }
  return cases;
}

async function run(harness: Harness, one: Case) {
  if ("overlap" in one) {
    const race = overlapping(harness, one.overlap);
    const outcome = await rotateWatched(harness, one.variant, race);
    const problems = [...race.problems, ...(race.happened ? [] : ["It did not come about."])];
    const counts = { overlaps: 1, "refused, too early": race.refused ? 1 : 0, failed: problems.length };
    return ended(outcome, counts, problems);
  }
  const race = atOnce(one.times, one.meeting, one.onlyBetweenSteps);
  const outcome = await rotateWatched(harness, one.variant, race);
  return ended(outcome, { "at once": race.invocations, failed: race.failed.length }, race.failed);
}

function ended(outcome: Outcome, counts: Record<string, number>, raced: readonly string[]) {
  const { subject, lockouts, wrongPromotions } = outcome;
  const problems = [...raced, ...outcome.problems, ...lockouts, ...wrongPromotions];
  return {
    subject,
    problems,
    counts: {
      "at once": 0,
      overlaps: 0,
      "refused, too early": 0,
      ...counts,
      lockouts: lockouts.length,
      "wrong promotions": wrongPromotions.length,
    },
  };
}
