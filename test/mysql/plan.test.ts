import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mariadbPair } from "../../functions/mariadb/pair/mariadb-pair.ts";
import type { Account } from "../../functions/mysql/pair/account.ts";
import { counterpartsOf, type PairFacts } from "../../functions/mysql/pair/facts.ts";
import { asGrants, type Grant, parseGrants } from "../../functions/mysql/pair/grants.ts";
import { mysqlPair } from "../../functions/mysql/pair/mysql-pair.ts";
import type { PairDialect } from "../../functions/mysql/pair/pair-dialect.ts";
import { viewOf } from "../../functions/mysql/pair/plan.ts";
import type { Change, Pair, Taking } from "../../shared/engine/pair.ts";

const PAIR: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
const CLAUSES = {
  REQUIRE: "REQUIRE NONE",
  "resource limits": "WITH MAX_USER_CONNECTIONS 0",
  "PASSWORD EXPIRE": "PASSWORD EXPIRE DEFAULT",
};
const OBJECTS = ["*.*", "`app`.*", "`app`.`t`", "`other`.*"];
const EVERYTHING = [
  "GRANT ALL PRIVILEGES ON *.* TO `m`@`%` WITH GRANT OPTION",
  "GRANT `r`@`%`,`s`@`%` TO `m`@`%` WITH ADMIN OPTION",
];

function grantsOf(rows: readonly string[]): Grant[] {
  return rows.flatMap((row) => parseGrants(row) ?? expect.fail(`Not understood: ${row}`));
}

function account(user: string, given: Partial<Account> = {}, rows: readonly string[] = []): Account {
  return {
    name: { user, host: "%" },
    plugin: "caching_sha2_password",
    clauses: CLAUSES,
    attributes: {},
    cloneOf: undefined,
    locked: false,
    defaultRoles: [],
    grants: asGrants(grantsOf(rows)),
    ...given,
  };
}

function factsOf(current: Account[], alternate: Account[], dialect: PairDialect, pair = PAIR): PairFacts {
  return {
    current,
    alternate,
    counterparts: counterpartsOf(current, alternate, pair, dialect),
    rows: OBJECTS.flatMap((on) => ["`a`", "`b`"].map((name) => ["column", on, name])),
    admin: { user: "m", host: "%" },
    adminGrants: asGrants(grantsOf(EVERYTHING)),
  };
}

function planOf(facts: PairFacts, taking: Taking, dialect: PairDialect = mysqlPair, pair = PAIR) {
  const plan = viewOf(facts, pair, dialect).plan(taking);
  return plan.refusal ? expect.fail(plan.refusal.cause) : plan;
}

/** What the account would have after the GRANTs and REVOKEs, as a server does it: column by column, without its names. */
function applied(before: Account, model: Account, changes: readonly Change[]): Account {
  const grants = new Map(before.grants);
  for (const { statement } of changes) {
    if (!/^(GRANT|REVOKE) /.test(statement)) continue;
    const isGrant = statement.startsWith("GRANT ");
    const row = statement.replace(/^REVOKE /, "GRANT ").replace(/ (TO|FROM) '[^']*'@'%'/, " TO `x`@`%`");
    for (const [text, grant] of asGrants(grantsOf([row]))) {
      for (const old of [...grants.keys()].filter(
        (key) => key.replace(/ WITH .*/, "") === text.replace(/ WITH .*/, ""),
      )) {
        grants.delete(old);
      }
      if (isGrant) grants.set(text, grant);
    }
  }
  // What remains to be seen of the other changes is that there are none where nothing differs.
  return {
    ...before,
    clauses: model.clauses,
    attributes: model.attributes,
    defaultRoles: model.defaultRoles,
    plugin: model.plugin,
    grants,
  };
}

const privilege = fc.constantFrom(
  "SELECT",
  "INSERT",
  "UPDATE (`a`)",
  "UPDATE (`b`)",
  "EXECUTE",
  "GRANT OPTION",
);
const object = fc.constantFrom(...OBJECTS);
const rows = fc
  .array(fc.record({ privilege, object }), { maxLength: 8 })
  .map((all) =>
    all.map(({ privilege: one, object: on }) =>
      one === "GRANT OPTION"
        ? `GRANT USAGE ON ${on} TO \`x\`@\`%\` WITH GRANT OPTION`
        : `GRANT ${one} ON ${on} TO \`x\`@\`%\``,
    ),
  );
const given = fc.record({
  clauses: fc.record({
    REQUIRE: fc.constantFrom("REQUIRE NONE", "REQUIRE SSL"),
    "resource limits": fc.constantFrom("WITH MAX_USER_CONNECTIONS 0", "WITH MAX_USER_CONNECTIONS 7"),
    "PASSWORD EXPIRE": fc.constantFrom("PASSWORD EXPIRE DEFAULT", "PASSWORD EXPIRE INTERVAL 9 DAY"),
  }),
  attributes: fc.constantFrom({}, { team: "a" }, { nested: { deep: 1, er: 2 } }),
});

const DIALECTS = [
  ["MySQL", mysqlPair],
  ["MariaDB", mariadbPair],
] as const;

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
