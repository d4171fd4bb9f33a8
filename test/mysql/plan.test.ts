import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Account } from "../../functions/mysql/pair/account.ts";
import { asGrants } from "../../functions/mysql/pair/grants.ts";
import { viewOf } from "../../functions/mysql/pair/plan.ts";
import type { Pair } from "../../shared/engine/pair.ts";
import { account, applied, DIALECTS, factsOf, given, PAIR, planOf, rows } from "./plan-model.ts";

describe.each(DIALECTS)("plans, %s", (_, dialect) => {
  const users = fc
    .record({ modelRows: rows, accountRows: rows, modelGiven: given, accountGiven: given })
    .map((all) => ({
      model: account("app", all.modelGiven, all.modelRows),
      clone: account("app_clone", { ...all.accountGiven, cloneOf: "app" }, all.accountRows),
    }));

  test("a plan leaves nothing to change but the password", () => {
    fc.assert(
      fc.property(users, ({ model, clone }) => {
        const { changes, replan } = planOf(factsOf([model], [clone], dialect), "marked", dialect);
        expect(replan).toBe(false);
        const aligned = applied(clone, model, changes);
        const next = planOf(factsOf([model], [aligned], dialect), "marked", dialect);
        expect(next.changes.filter(({ kind }) => kind !== "password")).toEqual([]);
        expect(viewOf(factsOf([model], [aligned], dialect), PAIR, dialect).differences).toEqual([]);
      }),
    );
  });

  test("two users have no differences exactly if they are equal", () => {
    fc.assert(
      fc.property(users, ({ model, clone }) => {
        const { differences } = viewOf(factsOf([model], [clone], dialect), PAIR, dialect);
        const what = ({ clauses, attributes, grants }: Account) =>
          JSON.stringify([clauses, attributes, [...grants.keys()].sort()]);
        expect(differences.length === 0).toBe(what(model) === what(clone));
      }),
    );
  });

  test("the password comes last, and grants before revokes", () => {
    fc.assert(
      fc.property(users, ({ model, clone }) => {
        const { changes } = planOf(factsOf([model], [clone], dialect), "marked", dialect);
        const order = changes.map(({ kind, statement }) =>
          kind === "password"
            ? 3
            : statement.startsWith("REVOKE")
              ? 2
              : statement.startsWith("GRANT")
                ? 0
                : 1,
        );
        expect(order).toEqual(order.toSorted());
        expect(order.at(-1)).toBe(3);
      }),
    );
  });

  test("no statement takes away what the alternate user is to have, and none is about the current user", () => {
    fc.assert(
      fc.property(users, ({ model, clone }) => {
        const { changes } = planOf(factsOf([model], [clone], dialect), "marked", dialect);
        let now = clone;
        for (const change of changes) {
          now = applied(now, model, [change]);
          const lost = [...clone.grants.keys()].filter(
            (text) => model.grants.has(text) && !now.grants.has(text),
          );
          expect(lost).toEqual([]);
          expect(change.statement).not.toContain("'app'@");
          expect(change.statement).not.toContain("ACCOUNT LOCK");
        }
      }),
    );
  });

  test("what takes something away from an existing user says so", () => {
    fc.assert(
      fc.property(users, ({ model, clone }) => {
        const { changes } = planOf(factsOf([model], [clone], dialect), "marked", dialect);
        for (const { kind, statement } of changes) {
          const takes = /^(REVOKE|SET DEFAULT ROLE|ALTER USER)/.test(statement);
          expect(kind === "password" || takes === (kind === "takes"), statement).toBe(true);
        }
      }),
    );
  });

  test("a new user loses nothing by its creation: nothing is of the kind that takes", () => {
    fc.assert(
      fc.property(users, ({ model }) => {
        const { changes } = planOf(factsOf([model], [], dialect), "created", dialect);
        expect(changes.filter(({ kind }) => kind === "takes")).toEqual([]);
      }),
    );
  });

  test("a plan for two equal users is the password alone", () => {
    const { changes, replan } = planOf(
      factsOf([account("app")], [account("app_clone", { cloneOf: "app" })], dialect),
      "marked",
      dialect,
    );

    expect(changes.map(({ kind }) => kind)).not.toContain("adds");
    expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(["password"]));
    expect(replan).toBe(false);
  });

  test("no statement shows a password", () => {
    const { changes } = planOf(factsOf([account("app")], [], dialect), "created", dialect);

    expect(changes.at(-1)?.statement).toMatch(/'<[a-z ]*password>'/);
  });

  test("possession of a clone adds the ownership marker first", () => {
    const { changes } = planOf(
      factsOf([account("app")], [account("app_clone")], dialect),
      "possessed",
      dialect,
    );

    expect(changes[0]?.statement).toContain("rotation_clone_of");
    expect(changes.filter(({ kind }) => kind === "takes")).toEqual([]);
  });

  test("possession of a user that the secret names adds no ownership marker", () => {
    const pair: Pair = { current: "blue", alternate: "green", clone: undefined };
    const { changes } = planOf(
      factsOf([account("blue")], [account("green")], dialect, pair),
      "possessed",
      dialect,
      pair,
    );

    expect(changes.map(({ statement }) => statement).join()).not.toContain("rotation_clone_of");
  });

  test("asks for another look where a list is exchanged for ALL PRIVILEGES, and only there", () => {
    const [all, list] = ["GRANT ALL PRIVILEGES ON `app`.* TO `x`@`%`", "GRANT SELECT ON `app`.* TO `x`@`%`"];
    const look = (model: string[], clone: string[]) =>
      planOf(
        factsOf([account("app", {}, model)], [account("app_clone", { cloneOf: "app" }, clone)], dialect),
        "marked",
        dialect,
      ).replan;

    expect([look([all], [list]), look([list], [all])]).toEqual([true, true]);
    expect([look([all], []), look([], [all]), look([list], [])]).toEqual([false, false, false]);
  });

  test.each([
    ["no account of the current user", [], [], "unsupported"],
    [
      "an account on another host",
      [account("app")],
      [account("app_clone", { name: { user: "app_clone", host: "h" } })],
      "unsupported",
    ],
    ["a locked account", [account("app")], [account("app_clone", { locked: true })], "account-locked"],
    [
      "accounts that differ",
      [account("app"), account("app", { name: { user: "app", host: "h" }, plugin: "x" })],
      [],
      "unsupported",
    ],
  ])("refuses %s", (_what, current, alternate, reason) => {
    const plan = viewOf(factsOf(current, alternate, dialect), PAIR, dialect).plan("marked");

    expect(plan.refusal?.reason).toBe(reason);
  });

  test("tells all privileges that the admin user lacks in one message", () => {
    const facts = factsOf(
      [account("app", {}, ["GRANT SELECT ON `a`.* TO `x`@`%`", "GRANT UPDATE ON `b`.* TO `x`@`%`"])],
      [],
      dialect,
    );
    const plan = viewOf({ ...facts, adminGrants: asGrants([]) }, PAIR, dialect).plan("created");

    expect(plan.refusal?.reason).toBe("missing-privilege");
    for (const part of ["SELECT ON `a`.*", "UPDATE ON `b`.*", "CREATE USER ON *.*"]) {
      expect(plan.refusal?.remedy).toContain(`GRANT ${part} TO 'm'@'%'`);
    }
  });
});
