import { describe, expect, it } from "vitest";
import { byPackage } from "../../bench/measures/bundle.ts";
import { sequentialRoundTrips } from "../../bench/measures/round-trips.ts";
import { median } from "../../bench/statistics.ts";

describe("median", () => {
  it("returns the middle value, however large the outliers are", () => {
    expect(median([3, 1000, 1])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow("no median of nothing");
  });
});

describe("sequentialRoundTrips", () => {
  const rounds = (...at: number[]) =>
    sequentialRoundTrips(
      at.map((time) => ({ at: time })),
      80,
    );

  it("counts overlapping calls once", () => {
    expect(rounds(0, 1, 30)).toBe(1);
  });

  it("counts a call that came after the answer to another one", () => {
    expect(rounds(0, 81)).toBe(2);
    expect(rounds(0, 5, 81, 83, 162)).toBe(3);
  });

  it("does not count a chain as longer if calls overlap crosswise", () => {
    expect(rounds(0, 50, 90, 140)).toBe(2);
  });

  it("returns 0 without calls", () => {
    expect(rounds()).toBe(0);
  });
});

describe("byPackage", () => {
  it("sums the files of each package, counts nested packages separately, and omits files without bytes", () => {
    const inputs = {
      "shared/engine/tls.ts": { bytesInOutput: 5 },
      "node_modules/pg/lib/client.js": { bytesInOutput: 10 },
      "node_modules/pg/lib/query.js": { bytesInOutput: 20 },
      "node_modules/@aws-sdk/core/a.js": { bytesInOutput: 7 },
      "node_modules/pg/node_modules/pg-types/index.js": { bytesInOutput: 3 },
      "node_modules/left-out/index.js": { bytesInOutput: 0 },
    };
    const output = { bytes: 45, imports: [], exports: [], inputs };
    expect(byPackage({ outputs: { "index.mjs": output } })).toEqual([
      { name: "pg", bytes: 30 },
      { name: "@aws-sdk/core", bytes: 7 },
      { name: "this repository", bytes: 5 },
      { name: "pg-types", bytes: 3 },
    ]);
  });
});
