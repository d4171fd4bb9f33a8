import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBudget, rotationsOf } from "../../bench/budgets.ts";
import { FUNCTIONS } from "../../bench/functions.ts";
import { countRoundTrips } from "../../bench/measures/round-trips.ts";
import { type Stage, startStage } from "../../bench/stage/stage.ts";
import { type Subjects, subjectsFor } from "../../bench/subjects/builds.ts";
import type { EngineName } from "../../local/engines.ts";
import { differences } from "./growth.ts";

export const REMEDY =
  "To accept the new numbers, run `npm run bench -- --budget`. `npm run bench -- --write --aws-templates PATH` also writes " +
  "them to BENCHMARKS.md.";

/** Holds the counts of an engine's functions to bench/budgets/, on a real server. */
export function holdToBudget(engine: EngineName): void {
  const cleanUp = new AsyncDisposableStack();
  let stage: Stage;
  let subjects: Subjects;
  beforeAll(async () => {
    stage = cleanUp.use(await startStage(engine));
    subjects = cleanUp.use(await subjectsFor());
  });
  afterAll(() => cleanUp.disposeAsync());

  describe.each(FUNCTIONS.filter((rotation) => rotation.engine === engine))("$name", (rotation) => {
    it("makes as many calls, logins and statements as its limits allow", async () => {
      const budget = readBudget()[rotation.name];
      if (budget === undefined) throw new Error("There is no budget of it.");
      const counts = await countRoundTrips(stage, await subjects.ours(rotation), rotation);
      expect(differences(rotationsOf(counts), budget), REMEDY).toEqual([]);
    });
  });
}
