import { expect, it } from "vitest";
import { AWS_FAULTS } from "./bugs.ts";
import { titlesWithIds } from "./titles.ts";

it.each(AWS_FAULTS)("$id has a test that carries its id: $fault", ({ id }) => {
  const tests = titlesWithIds().filter(({ ids }) => ids.includes(id));

  expect(tests).not.toEqual([]);
});

it("no test carries the id of a fault that is not in the list", () => {
  const known = AWS_FAULTS.map(({ id }) => id);

  const unknown = titlesWithIds().flatMap(({ ids }) => ids.filter((id) => !known.includes(id)));

  expect(unknown).toEqual([]);
});
