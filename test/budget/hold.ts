import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { budgetOf, readBudget } from "../../bench/budget.ts";
import { type Engine, FUNCTIONS } from "../../bench/functions.ts";
import { codeSize } from "../../bench/measures/bundle.ts";
import { countRoundTrips } from "../../bench/measures/round-trips.ts";
import { type Stage, startStage } from "../../bench/stage/stage.ts";
import { type Subjects, subjectsFor } from "../../bench/subjects/builds.ts";
import { growth } from "./growth.ts";

const DIST = join(import.meta.dirname, "../../dist");
const REMEDY =
  "If it is worth it, `npm run bench -- --write` makes it the budget, and BENCHMARKS.md says so to everybody.";

/** Holds the functions of an engine to bench/budget.json, on a real server. */
export function holdToBudget(engine: Engine): void {
  const cleanUp = new AsyncDisposableStack();
  let stage: Stage;
  let subjects: Subjects;
  beforeAll(async () => {
    stage = cleanUp.use(await startStage(engine));
    subjects = cleanUp.use(await subjectsFor(stage));
  });
  afterAll(() => cleanUp.disposeAsync());

  describe.each(FUNCTIONS.filter((rotation) => rotation.engine === engine))("$name", (rotation) => {
    it("is not larger and asks for no more than its budget", async () => {
      const budget = readBudget()[rotation.name];
      if (budget === undefined) throw new Error("There is no budget of it.");
      const counts = await countRoundTrips(stage, await subjects.ours(rotation), rotation);
      const measured = budgetOf(await codeSize(join(DIST, rotation.name)), counts);
      expect(growth(measured, budget), REMEDY).toEqual([]);
    });
  });
}
