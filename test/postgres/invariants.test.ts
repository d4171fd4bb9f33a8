import fc from "fast-check";
import { afterAll, test } from "vitest";
import { checkInvariants } from "../support/world/invariants.ts";
import type { Observation } from "../support/world/observation.ts";
import { type Accident, type Operation, operations } from "../support/world/operations.ts";
import { startRun } from "../support/world/run.ts";
import { startWorld } from "../support/world/world.ts";

const MOST_MILLISECONDS = 60_000;

const world = await startWorld();

afterAll(() => world[Symbol.asyncDispose]());

/** What chance alone would seldom come upon. */
const EXAMPLES: Operation[][] = [
  // Steps before their time, on the empty placeholder.
  [advance(), only("finishSecret"), only("testSecret"), only("setSecret"), { kind: "rotate" }],
  // AWSCURRENT moves away just before finishSecret moves it.
  [advance(), advance(), advance(), advance(), advance({ at: "put", nth: 2 }), { kind: "rotate" }],
  [advance(), advance(), advance(), advance(), advance({ at: "put", nth: 3 }), only("finishSecret")],
  // AWSCURRENT does not log in: trying out fails.
  [{ kind: "rotate" }, { kind: "moveCurrentBack" }, { kind: "tryOut" }, { kind: "rotate" }],
  // Whoever takes the label away after setSecret takes the password with it.
  [advance(), advance(), advance(), { kind: "removePending" }, advance(), advance(), advance()],
  // All steps of a rotation that is done, several times at once, and of one that was done before.
  [
    { kind: "rotate" },
    only("setSecret", 3),
    only("createSecret", 3),
    { kind: "rotate" },
    only("setSecret", 1, 1),
  ],
];

function advance(accident?: Accident): Operation {
  return { kind: "advance", accident };
}

function only(
  step: "createSecret" | "setSecret" | "testSecret" | "finishSecret",
  times = 1,
  age = 0,
): Operation {
  return { kind: "step", step, times, age, accident: undefined };
}

test("whatever comes in between, all invariants hold, and the messages lead to a rotation that succeeds", {
  timeout: 2 * MOST_MILLISECONDS,
}, async () => {
  // A slow machine does fewer runs. The search for the smallest run that fails ends by it as well.
  const end = performance.now() + MOST_MILLISECONDS;
  const property = fc.asyncProperty(operations, async (all) => {
    if (performance.now() > end) return;
    const run = await startRun(world);
    const history: Observation[] = [];

    for (const operation of all) {
      const observations = await run.perform(operation);
      history.push(...observations);
      checkInvariants(history, observations);
    }

    await run.recover();
  });

  await fc.assert(property, {
    numRuns: EXAMPLES.length + 10,
    examples: EXAMPLES.map((example): [Operation[]] => [example]),
  });
});
