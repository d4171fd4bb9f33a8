import { expect, it } from "vitest";
import { KNOWN_BUGS } from "./bugs.ts";
import { titlesWithIds } from "./titles.ts";

it.each(KNOWN_BUGS)("$id has a test that carries its id: $bug", ({ id }) => {
  const tests = titlesWithIds().filter(({ ids }) => ids.includes(id));

  expect(tests).not.toEqual([]);
});

it("no test carries the id of a bug that is not in the list", () => {
  const known = KNOWN_BUGS.map(({ id }) => id);

  const unknown = titlesWithIds().flatMap(({ ids }) => ids.filter((id) => !known.includes(id)));

  expect(unknown).toEqual([]);
});
