import { expect, it } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { postgres } from "../../functions/postgres/engine.ts";
import { CASES } from "./cases.ts";
import { whyLeftOut } from "./engine-contract.ts";
import { minimal } from "./minimal/engine.ts";

const leftOut = (...given: [Parameters<typeof whyLeftOut>[0], Parameters<typeof whyLeftOut>[2]]) =>
  CASES.flatMap(({ needs }) => whyLeftOut(given[0], needs, given[1]) ?? []);

it("leaves no case out for an engine with both capabilities on a product that lacks nothing", () => {
  expect(leftOut(mysql, {})).toEqual([]);
});

it("leaves the cases of a capability out that an engine does not declare, with the reason", () => {
  expect(new Set(leftOut(postgres, {}))).toEqual(new Set(["the engine does not declare secondPassword"]));
  expect(new Set(leftOut(minimal, {}))).toEqual(
    new Set(["the engine does not declare secondPassword", "the engine does not declare pair"]),
  );
});

it("leaves the cases out that need what a product lacks, with the product's reason", () => {
  const lacks = { "locked accounts": "users cannot be locked", databases: "it has one" };
  expect(new Set(leftOut(mysql, lacks))).toEqual(
    new Set([
      "the product has no locked accounts: users cannot be locked",
      "the product has no databases: it has one",
    ]),
  );
});

it("holds an engine for the single-user strategy to at least 55 cases", () => {
  const ofSingleUser = CASES.length - leftOut(minimal, {}).length;
  expect(ofSingleUser).toBeGreaterThanOrEqual(55);
});
