import { preload, SHORT_PAUSES } from "../../support/preload.ts";
import { type Variant, variantsOf } from "../columns.ts";
import type { Harness } from "../harness.ts";
import type { Part } from "../matrix.ts";
import { goThrough, type Row } from "../rows.ts";
import { sampleCases } from "../sample-cases.ts";
import { type Plan, runCase } from "./case.ts";
import { CHANGES, type ChangeName } from "./changes.ts";

/** The service tries a rotation once more by itself. */
const ATTEMPTS = 2;
/** Who runs a program takes long: so many people prefer the commands of the AWS CLI before one does not. */
const PROGRAM_EVERY = 5;

interface Case {
  readonly id: string;
  readonly variant: Variant;
  readonly plan: Plan;
  readonly byProgram: boolean;
}

/** Lets somebody change the secret between any two effects of a rotation, as a clean one shows them. */
export function runOutside(part: Part): Promise<Row> {
  const options = {
    environment: { NODE_OPTIONS: preload(SHORT_PAUSES) },
    service: { attempts: ATTEMPTS },
  };
  return goThrough(part, "outside", options, (harness) => casesOf(part, harness), run);
}

async function casesOf(part: Part, harness: Harness): Promise<Case[]> {
  const { strategy, server, only, seed } = part;
  const cases: Case[] = [];
  for (const variant of variantsOf(strategy, server.database.letKeepOldPassword !== undefined)) {
    if (only !== undefined && !only.startsWith(`${variant.name}/`)) continue;
    const { points } = await runCase(harness, variant, undefined, false);
    const last = points.at(-1) ?? "";
    const moments = [
      ...points.map((point) => ({ point, moment: "before" as const })),
      { point: last, moment: "after" as const },
    ];
    for (const [offset, change] of (Object.keys(CHANGES) as ChangeName[]).entries()) {
      if (CHANGES[change].needsPrevious && variant.rotations === 0) continue;
      for (const { point, moment } of sampleCases(moments, { seed: seed + offset, only })) {
        const id = `${variant.name}/${change}/${moment}/${point}`;
        const plan = { change, point, moment };
        cases.push({ id, variant, plan, byProgram: cases.length % PROGRAM_EVERY === 0 });
      }
    }
  }
  return cases;
}

async function run(harness: Harness, { variant, plan, byProgram }: Case) {
  const outcome = await runCase(harness, variant, plan, byProgram);
  const { subject, happened, recovered, lockouts, wrongPromotions } = outcome;
  const problems = [
    ...outcome.problems,
    ...lockouts,
    ...wrongPromotions,
    ...(happened ? [] : ["It did not come about."]),
  ];
  const counts = {
    "recovered by itself": recovered === "by itself" ? 1 : 0,
    "recovered as told": recovered === "as told" ? 1 : 0,
    "not at all": recovered === "not at all" ? 1 : 0,
    lockouts: lockouts.length,
    "wrong promotions": wrongPromotions.length,
  };
  return { subject, counts, problems };
}
