import { expect, test } from "vitest";
import { type Mutant, whyUndetected } from "./mutant.ts";

const bundle: Mutant["bundle"] = { engine: "postgres", strategy: "single-user", handler: async () => {} };
const mutant: Mutant = {
  mistake: "says passwords",
  bundle,
  case: { title: "a case", run: async () => undefined },
  findings: [/^the log has/],
};

/** What is found with the mistake, and without it. */
const found = (withMistake: string[], without: string[] = []) =>
  whyUndetected(mutant, async (_case, instead) => (instead ? withMistake : without));

test("a mutant counts as detected if its own detector reports it, and no detector reports a correct function", async () => {
  expect(await found(["the log has x"])).toEqual([]);
  expect(await found([])).toEqual([
    "No detector sees, as it should, that a function says passwords: nothing found",
  ]);
  expect(await found(["took 900 of 700 ms"])).toHaveLength(1);
  expect(await found(["the log has x", "took 900 of 700 ms"])).toHaveLength(1);
  expect(await found(["the log has x"], ["the log has y"])).toEqual([
    "Found without a mistake, where a function says passwords: the log has y",
  ]);
});

test("a mutant that this machine cannot run counts neither as detected nor as undetected", async () => {
  expect(await whyUndetected(mutant, async () => undefined)).toBeUndefined();
});
