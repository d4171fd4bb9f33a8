import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holderOf, type StagingLabels, tokenState } from "../../shared/staging-labels.ts";

const LABELS = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS", "MINE", "AWSCURRENTLY"];
const VERSIONS = ["v1", "v2", "v3", "constructor", "__proto__"];

/** Every label is on one version at most; the order of versions and of labels is arbitrary. */
const attached = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...LABELS), fc.constantFrom(...VERSIONS)), {
    selector: ([label]) => label,
  })
  .chain((pairs) => fc.shuffledSubarray(pairs, { minLength: pairs.length }));

/** As DescribeSecret answers. */
function listed(pairs: [label: string, version: string][]): StagingLabels {
  const versions = new Map<string, string[]>();
  for (const [label, version] of pairs) {
    versions.set(version, [...(versions.get(version) ?? []), label]);
  }
  return Object.fromEntries(versions);
}

describe("the state of a token", () => {
  it.each([
    { labels: ["AWSCURRENT"], state: "current" },
    { labels: ["AWSPENDING", "AWSCURRENT"], state: "current" },
    { labels: ["AWSPENDING"], state: "pending" },
    { labels: ["MINE", "AWSPENDING"], state: "pending" },
    { labels: ["AWSPENDING", "AWSPREVIOUS"], state: "pending" },
    { labels: ["AWSPREVIOUS"], state: "not-pending" },
    { labels: ["AWSPENDINGS"], state: "not-pending" },
    { labels: [], state: "not-pending" },
  ])("is $state with the labels $labels", ({ labels, state }) => {
    const found = tokenState({ other: [], token: labels }, "token");

    expect(found).toBe(state);
  });

  it.each(["token", "constructor", "toString", "__proto__", ""])(
    "is unknown when %j is not listed",
    (token) => {
      const found = tokenState({ other: ["AWSCURRENT", "AWSPENDING"] }, token);

      expect(found).toBe("unknown");
    },
  );

  it("follows from the labels of its own version alone", () => {
    fc.assert(
      fc.property(attached, fc.constantFrom(...VERSIONS), (pairs, token) => {
        const own = pairs.filter(([, version]) => version === token);

        expect(tokenState(listed(pairs), token)).toBe(tokenState(listed(own), token));
      }),
    );
  });

  it("is current for the holder of AWSCURRENT and for no other version", () => {
    fc.assert(
      fc.property(attached, (pairs) => {
        const labels = listed(pairs);

        const current = VERSIONS.filter((version) => tokenState(labels, version) === "current");

        expect(current).toEqual([holderOf(labels, "AWSCURRENT")].filter((holder) => holder !== undefined));
      }),
    );
  });

  it("is pending for at most one version", () => {
    fc.assert(
      fc.property(attached, (pairs) => {
        const pending = VERSIONS.filter((version) => tokenState(listed(pairs), version) === "pending");

        expect(pending.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the holder of a label", () => {
  it("is the version that the label is attached to, or undefined", () => {
    fc.assert(
      fc.property(attached, fc.constantFrom(...LABELS), (pairs, label) => {
        const holder = holderOf(listed(pairs), label);

        expect(holder).toBe(pairs.find(([attachedLabel]) => attachedLabel === label)?.[1]);
      }),
    );
  });

  it("is undefined if no version has a label", () => {
    expect(holderOf({}, "AWSCURRENT")).toBeUndefined();
    expect(holderOf({ version: [] }, "AWSCURRENT")).toBeUndefined();
  });
});
