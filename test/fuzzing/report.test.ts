import { expect, test } from "vitest";
import { REASONS } from "../../shared/report/errors.ts";
import type { Report } from "./campaign.ts";
import { added } from "./parts.ts";
import { printed, shortcomings } from "./report.ts";

/** A whole campaign with nothing against it. */
const GOOD: Report = {
  seed: 1,
  areas: [{ name: "events", cases: 24_000, behind: 12_000 }],
  reasons: Object.fromEntries(REASONS.map((reason) => [reason, 50])),
  findings: [],
  mutants: { tried: 40, seen: 40, blind: [] },
  seconds: 200,
};

test("a campaign that tried every area often enough has no shortcomings", () => {
  expect(shortcomings(GOOD)).toEqual([]);
  expect(printed(GOOD)).toContain("40 of 40 mistakes made on purpose were seen\n0 findings in 200 s");
});

test("reports areas whose cases rarely pass the first checks, and reasons that rarely occurred", () => {
  const areas = [{ name: "events", cases: 24_000, behind: 11_999 }];
  const { "user-not-owned": _, ...others } = GOOD.reasons;

  expect(shortcomings({ ...GOOD, areas })).toEqual([
    "Only 11999 of 24000 cases reach the code behind the checks.",
  ]);
  expect(shortcomings({ ...GOOD, reasons: { ...GOOD.reasons, tls: 49 } })).toEqual([
    "Only 49 cases end with tls.",
  ]);
  expect(shortcomings({ ...GOOD, reasons: others })).toEqual(["Only 0 cases end with user-not-owned."]);
  const mutants = { tried: 39, seen: 39, blind: [] };
  expect(shortcomings({ ...GOOD, mutants })).toEqual(["Only 39 mistakes were seen."]);
});

test("reports a mutant that no detector noticed", () => {
  const mutants = { tried: 3, seen: 2, blind: ["No detector sees it."] };

  expect(printed({ ...GOOD, mutants })).toMatch(/^No detector sees it\.\n2 of 3 mistakes/m);
});

test("adds up the reports of two processes", () => {
  const findings = ["took 900 of 400 ms"];
  const other = { ...GOOD, findings, reasons: { success: 1, tls: 2 }, seconds: 100 };

  expect(added(GOOD, other)).toEqual({
    ...GOOD,
    areas: [{ name: "events", cases: 48_000, behind: 24_000 }],
    reasons: { ...GOOD.reasons, tls: 52, success: 1 },
    findings,
    mutants: { tried: 80, seen: 80, blind: [] },
  });
});
