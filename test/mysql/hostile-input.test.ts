import { expect, test } from "vitest";
import { propertiesOf } from "../../functions/mariadb/pair/describe.ts";
import { covers } from "../../functions/mysql/pair/admin-privileges.ts";
import { describe } from "../../functions/mysql/pair/describe.ts";
import { parseGrants } from "../../functions/mysql/pair/grants.ts";
import type { MysqlSession } from "../../functions/mysql/session.ts";

/** Longest time in milliseconds for a text of this size. A parser that backtracks takes years. */
const LONGEST_MS = 2000;
const TIMES = 20_000;

const NAME = { user: "app", host: "%" };
const HEAD = "CREATE USER `app`@`%` IDENTIFIED";

const PIECES = [
  "' ISSUER '",
  " IDENTIFIED WITH '",
  " DEFAULT ROLE `a`@`b`",
  "`@`",
  "',`a`@`b`",
  " REQUIRE SUBJECT '",
  "SUBJECT 'x' ",
  "' PASSWORD",
  "\\'",
  "''",
  "``",
  " ",
  "a",
  " MAX_X 1",
  " ATTRIBUTE '",
];

const STARTS = [
  "CREATE USER `",
  `${HEAD} WITH '`,
  `${HEAD} WITH 'p' AS '`,
  `${HEAD} WITH 'p' DEFAULT ROLE `,
  `${HEAD} WITH 'p' REQUIRE SUBJECT '`,
  `${HEAD} WITH 'p' REQUIRE SUBJECT 'a' ISSUER 'b' CIPHER '`,
  `${HEAD} WITH 'p' REQUIRE NONE WITH`,
  `${HEAD} BY PASSWORD '`,
];

const hostile = STARTS.flatMap((start) => PIECES.map((piece) => start + piece.repeat(TIMES)));

function timeOf(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

test.each(["describe of MySQL", "propertiesOf of MariaDB"])(
  "reads any text of SHOW CREATE USER in time, %s",
  async (which) => {
    for (const text of hostile) {
      const session = { rows: async () => [[text]] } as unknown as MysqlSession;
      const began = performance.now();
      const read = which.startsWith("describe") ? describe(session, NAME) : propertiesOf(session, NAME);
      await expect(read).rejects.toThrow();
      expect(performance.now() - began, text.slice(0, 90)).toBeLessThan(LONGEST_MS);
    }
  },
);

test("reads any row of SHOW GRANTS in time", () => {
  for (const piece of ["SELECT, ", "A ", "`a`.", "SELECT (`a`), ", "``", "`a`@`b`,", " TO `a`"]) {
    for (const start of ["GRANT ", "GRANT SELECT ON ", "GRANT `", "GRANT SELECT ON `a`.`"]) {
      const row = start + piece.repeat(TIMES);
      expect(
        timeOf(() => parseGrants(row)),
        row.slice(0, 60),
      ).toBeLessThan(LONGEST_MS);
    }
  }
});

test("compares a schema with a pattern of wildcards in time", () => {
  for (const part of ["%a", "%_", "a%", "%", "%a_"]) {
    const pattern = `\`${part.repeat(30)}b\`.*`;
    expect(timeOf(() => covers(pattern, `\`${"a".repeat(64)}\`.*`))).toBeLessThan(LONGEST_MS);
  }
});

test.each([
  ["`a%`.*", "`abc`.*", true],
  ["`a%c`.*", "`abbc`.`t`", true],
  ["`a%b%c`.*", "`a1b2b3c`.*", true],
  ["`a%b%c`.*", "`a1b2b3`.*", false],
  ["`a\\_b`.*", "`a_b`.*", true],
  ["`a\\_b`.*", "`axb`.*", false],
  ["`a_b`.*", "`axb`.*", true],
  ["`%`.*", "`any`.*", true],
  ["`a\\%`.*", "`ab`.*", false],
  ["`a%10%`.*", "`a210`.*", true],
])("a grant on %s covers %s: %s", (wide, narrow, expected) => {
  expect(covers(wide, narrow)).toBe(expected);
});
