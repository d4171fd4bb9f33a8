import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding, Ownership, Pair } from "../../shared/engine/pair.ts";
import { mayOnlyAdd, takeOver } from "../../shared/strategies/take-over.ts";

const ROOT = join(import.meta.dirname, "../..");

const bySuffix: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
const named: Pair = { current: "blue", alternate: "green", clone: undefined };
const pairs = [bySuffix, { current: "app_clone", alternate: "app", clone: "current" } as const, named];

const finding: Finding = { what: "a privilege", remedy: "REVOKE it" };

/** The facts that name each row of the table, beside those of a user that is there and has nothing against it. */
const ROWS: Record<string, Partial<Ownership>> = {
  "does not exist": { exists: false },
  "is one of the server's own users": { reserved: true },
  "has an outsider with more power over it than over the base user": { outsiders: [finding] },
  "may do more than the current one, and still would after the planned changes": { gains: [finding] },
  "has the ownership marker `clone`": { marker: "clone" },
  "has the ownership marker `partner`": { marker: "partner" },
  "has the ownership marker `reversed`": { marker: "reversed" },
  "has no ownership marker": {},
};

function facts(more: Partial<Ownership>): Ownership {
  return {
    exists: true,
    reserved: false,
    marker: undefined,
    gains: [],
    outsiders: [],
    mark: "MARK it",
    unmark: "UNMARK it",
    ...more,
  };
}

/** The rows of the first table in this text, without its head: each cell as it is written. */
function tableIn(text: string): string[][] {
  const lines = text.split("\n").map((line) => line.replace(/^\s*(\*\s)?/, "").trim());
  const first = lines.findIndex((line) => line.startsWith("| the alternate user"));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  return lines
    .slice(first, end)
    .filter((line) => !/^\|[ |-]+\|$/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const [head = [], ...rows] = tableIn(readFileSync(join(ROOT, "shared/strategies/take-over.ts"), "utf8"));

const cells = rows.flatMap(([row = "", ofSuffix = "", ofNamed = ""]) => [
  { row, names: "names by suffix", pair: bySuffix, cell: ofSuffix },
  { row, names: "named users", pair: named, cell: ofNamed === "the same" ? ofSuffix : ofNamed },
]);

/** Returns the decision, in the words of the table. */
function decided(pair: Pair, given: Ownership): string {
  const word = (possessed: boolean) => {
    const { taking, refusal } = takeOver(given, pair, possessed);
    if (refusal) {
      return `refused: ${refusal.reason}`;
    }
    return { created: "created", marked: "taken", possessed: "taken, adds only" }[taking];
  };
  const atOnce = takeOver(given, pair);
  if (atOnce === "undecided") {
    return `possessed: ${word(true)}; otherwise ${word(false)}`;
  }
  expect(word(true)).toBe(word(false)); // What is decided without the login is decided the same with it.
  return word(false);
}

describe("the table of the take-over rule", () => {
  it("has a test for each of its rows, and no other test", () => {
    expect(head).toEqual([
      "the alternate user …",
      "names by suffix (`_clone`)",
      "the secret names it (`alternateUsername`)",
    ]);
    expect(rows.map(([row]) => row)).toEqual(Object.keys(ROWS));
  });

  it.each(cells)("decides with $names if the alternate user $row", ({ row, pair, cell }) => {
    const given = ROWS[row] ?? {};

    expect(decided(pair, facts(given))).toBe(cell);
  });

  it("is read from the top: a row has precedence over all rows below it", () => {
    const order = rows.map(([row = ""]) => row).filter((row) => !/ownership marker/.test(row));
    for (const pair of pairs) {
      for (const [index, row] of order.entries()) {
        const below = order.slice(index).map((lower) => ROWS[lower]);
        const given = facts({ marker: "clone", ...Object.assign({}, ...below.reverse()) });

        expect(decided(pair, given)).toBe(decided(pair, facts(ROWS[row] ?? {})));
      }
    }
  });

  it("is the same in SECURITY.md and in the code", () => {
    const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
    const quoted = /<!-- take-over -->\n([\s\S]*?)<!-- \/take-over -->/.exec(page)?.[1] ?? "";

    expect(tableIn(quoted)).toEqual([head, ...rows]);
  });
});

/** All combinations of facts, of a pair and of whether a login succeeds. */
const everything = [true, false].flatMap((exists) =>
  [true, false].flatMap((reserved) =>
    (["clone", "reversed", "partner", undefined] as const).flatMap((marker) =>
      [[], [finding], [finding, finding]].flatMap((gains) =>
        [[], [finding], [finding, finding]].flatMap((outsiders) =>
          pairs.flatMap((pair) =>
            [true, false].map((possessed) => ({
              given: facts({ exists, reserved, marker, gains, outsiders }),
              pair,
              possessed,
            })),
          ),
        ),
      ),
    ),
  ),
);

describe("the take-over rule, for all combinations of facts,", () => {
  it("never takes over a user that is reserved, has outsiders or may do more", () => {
    const forbidden = everything.filter(
      ({ given }) => given.exists && (given.reserved || given.outsiders.length > 0 || given.gains.length > 0),
    );

    expect(forbidden.length).toBeGreaterThan(300);
    for (const { given, pair, possessed } of forbidden) {
      expect(takeOver(given, pair, possessed).taking).toBeUndefined();
      expect(takeOver(given, pair)).toHaveProperty("refusal");
    }
  });

  it("decides created if and only if the user does not exist", () => {
    for (const { given, pair, possessed } of everything) {
      expect(takeOver(given, pair, possessed).taking === "created").toBe(!given.exists);
    }
  });

  it("decides possessed only if the alternate user logs in with a password of the secret", () => {
    const possessing = everything.filter(
      ({ given, pair, possessed }) => takeOver(given, pair, possessed).taking === "possessed",
    );

    expect(possessing.length).toBeGreaterThan(0);
    expect(possessing.map(({ possessed }) => possessed)).not.toContain(false);
  });

  it("decides marked only by the marker that fits the way in which the secret names the users", () => {
    const marked = everything.filter(
      ({ given, pair, possessed }) => takeOver(given, pair, possessed).taking === "marked",
    );

    expect(marked.length).toBeGreaterThan(0);
    for (const { given, pair } of marked) {
      expect(given.marker).toBe(pair === named ? "partner" : "clone");
    }
  });

  it("requires a login only if nothing else decides", () => {
    for (const { given, pair } of everything) {
      const [first, second] = [true, false].map((possessed) => {
        const { taking, refusal } = takeOver(given, pair, possessed);
        return taking ?? refusal.cause;
      });

      expect(takeOver(given, pair) === "undecided").toBe(first !== second);
    }
  });
});

describe("a refused take-over", () => {
  it.each([
    { why: "outsiders", more: { outsiders: [finding, { what: "another", remedy: "REVOKE that" }] } },
    { why: "gains", more: { gains: [finding, { what: "another", remedy: "REVOKE that" }] } },
  ])("names all $why and prints their remedies in turn", ({ more }) => {
    const { refusal } = takeOver(facts(more), bySuffix, true);

    expect(refusal?.cause).toContain("a privilege, another");
    expect(refusal?.remedy).toBe("Run as an administrator: REVOKE it; REVOKE that");
  });

  it("prints the statement that marks a user without an ownership marker", () => {
    const { refusal } = takeOver(facts({}), bySuffix, false);

    expect(refusal?.cause).toContain("app_clone");
    expect(refusal?.remedy).toContain("run as an administrator: MARK it - ");
  });

  it("prints the statement that ends a reversed marker, and not the one that marks", () => {
    const { refusal } = takeOver(facts({ marker: "reversed" }), bySuffix, false);

    expect(refusal?.remedy).toMatch(/run as an administrator: UNMARK it$/);
  });

  it("prints the marking statement where an engine knows no statement that ends a reversed marker", () => {
    const { unmark: _, ...given } = facts({ marker: "reversed" });

    expect(takeOver(given, bySuffix, false).refusal?.remedy).toContain("MARK it");
  });

  it("prints what a plan would take from a possessed user, and the statement that marks the user", () => {
    const { reason, cause, remedy } = mayOnlyAdd(facts({}), bySuffix, ["REVOKE a", "REVOKE b"]);

    expect(reason).toBe("user-not-owned");
    expect(cause).toContain("REVOKE a; REVOKE b");
    expect(remedy).toContain("run as an administrator: MARK it");
  });
});
