import fc from "fast-check";
import { expect } from "vitest";
import { mariadbPair } from "../../functions/mariadb/pair/mariadb-pair.ts";
import type { Account } from "../../functions/mysql/pair/account.ts";
import { counterpartsOf, type PairFacts } from "../../functions/mysql/pair/facts.ts";
import { asGrants, type Grant, parseGrants } from "../../functions/mysql/pair/grants.ts";
import { mysqlPair } from "../../functions/mysql/pair/mysql-pair.ts";
import type { PairDialect } from "../../functions/mysql/pair/pair-dialect.ts";
import { viewOf } from "../../functions/mysql/pair/plan.ts";
import type { Change, Pair, Taking } from "../../shared/engine/pair.ts";

export const PAIR: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
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

export function account(user: string, given: Partial<Account> = {}, rows: readonly string[] = []): Account {
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

export function factsOf(
  current: Account[],
  alternate: Account[],
  dialect: PairDialect,
  pair = PAIR,
): PairFacts {
  return {
    current,
    alternate,
    counterparts: counterpartsOf(current, alternate, pair, dialect),
    rows: OBJECTS.flatMap((on) => ["`a`", "`b`"].map((name) => ["column", on, name])),
    admin: { user: "m", host: "%" },
    adminGrants: asGrants(grantsOf(EVERYTHING)),
  };
}

export function planOf(facts: PairFacts, taking: Taking, dialect: PairDialect = mysqlPair, pair = PAIR) {
  const plan = viewOf(facts, pair, dialect).plan(taking);
  return plan.refusal ? expect.fail(plan.refusal.cause) : plan;
}

/** Returns the account after the GRANTs and REVOKEs, as a server applies them: column by column. */
export function applied(before: Account, model: Account, changes: readonly Change[]): Account {
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
  // The other changes are taken as made: tests only see that there are none where nothing differs.
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
export const rows = fc
  .array(fc.record({ privilege, object }), { maxLength: 8 })
  .map((all) =>
    all.map(({ privilege: one, object: on }) =>
      one === "GRANT OPTION"
        ? `GRANT USAGE ON ${on} TO \`x\`@\`%\` WITH GRANT OPTION`
        : `GRANT ${one} ON ${on} TO \`x\`@\`%\``,
    ),
  );
export const given = fc.record({
  clauses: fc.record({
    REQUIRE: fc.constantFrom("REQUIRE NONE", "REQUIRE SSL"),
    "resource limits": fc.constantFrom("WITH MAX_USER_CONNECTIONS 0", "WITH MAX_USER_CONNECTIONS 7"),
    "PASSWORD EXPIRE": fc.constantFrom("PASSWORD EXPIRE DEFAULT", "PASSWORD EXPIRE INTERVAL 9 DAY"),
  }),
  attributes: fc.constantFrom({}, { team: "a" }, { nested: { deep: 1, er: 2 } }),
});

export const DIALECTS = [
  ["MySQL", mysqlPair],
  ["MariaDB", mariadbPair],
] as const;
