import fc from "fast-check";
import { expect, test } from "vitest";
import { alignment, statements } from "../../functions/mysql/pair/alignment.ts";
import { asGrants, grantText, parseGrants } from "../../functions/mysql/pair/grants.ts";

const everything = (on: string) =>
  on.endsWith(".*") ? ["SELECT", "INSERT", "DELETE"] : ["SELECT", "INSERT"];

function grantsOf(...rows: string[]) {
  return asGrants(rows.flatMap((row) => parseGrants(row) ?? expect.fail(`Not understood: ${row}`)));
}

function changes(model: string[], account: string[]): string[] {
  const { grants, revokes } = alignment(grantsOf(...model), grantsOf(...account), everything);
  const both = [...statements("GRANT", grants, "'x'@'%'"), ...statements("REVOKE", revokes, "'x'@'%'")];
  return both.map(({ statement }) => statement);
}

test("names of schemas, tables, columns and users are taken as they are, whatever is in them", () => {
  const name = fc
    .string({ unit: fc.constantFrom(..."aTO .,@*()'\"`\\\n% GRANTWIH€"), minLength: 1 })
    .map((text) => `\`${text.replaceAll("`", "``")}\``);
  fc.assert(
    fc.property(name, name, name, name, (schema, table, column, user) => {
      const row = `GRANT SELECT (${column}), INSERT ON ${schema}.${table} TO ${user}@\`%\` WITH GRANT OPTION`;
      expect([...grantsOf(row).values()].map(({ privilege, on }) => [privilege, on])).toEqual([
        [`SELECT (${column})`, `${schema}.${table}`],
        ["INSERT", `${schema}.${table}`],
        ["GRANT OPTION", `${schema}.${table}`],
      ]);
    }),
  );
});

test("names of roles too", () => {
  const rows = grantsOf("GRANT `a,b`@`c TO d`,`e` TO `x`@`%` WITH ADMIN OPTION");

  expect([...rows.keys()]).toEqual([
    "the role `a,b`@`c TO d` WITH ADMIN OPTION",
    "the role `e` WITH ADMIN OPTION",
  ]);
});

test("what is not understood is told, and not skipped", () => {
  expect(parseGrants("GRANT SOMETHING NEW AND `odd` TO `x`@`%`")).toBeUndefined();
});

test("GRANT OPTION of a dynamic privilege is its own, of others the object's", () => {
  expect([...grantsOf("GRANT BACKUP_ADMIN ON *.* TO `x`@`%` WITH GRANT OPTION").keys()]).toEqual([
    "BACKUP_ADMIN ON *.* WITH GRANT OPTION",
  ]);
  expect([...grantsOf("GRANT SELECT ON *.* TO `x`@`%` WITH GRANT OPTION").keys()]).toEqual([
    "SELECT ON *.*",
    "GRANT OPTION ON *.*",
  ]);
});

test("grants come before revokes", () => {
  expect(changes(["GRANT SELECT ON `a`.* TO `x`@`%`"], ["GRANT SELECT ON `b`.* TO `x`@`%`"])).toEqual([
    "GRANT SELECT ON `a`.* TO 'x'@'%'",
    "REVOKE SELECT ON `b`.* FROM 'x'@'%'",
  ]);
});

test("from ALL PRIVILEGES to a list nothing of the list is taken away on the way", () => {
  expect(changes(["GRANT SELECT ON `a`.* TO `x`@`%`"], ["GRANT ALL PRIVILEGES ON `a`.* TO `x`@`%`"])).toEqual(
    ["REVOKE INSERT, DELETE ON `a`.* FROM 'x'@'%'"],
  );
});

test("from a list to ALL PRIVILEGES nothing is revoked", () => {
  expect(
    changes(
      ["GRANT ALL PRIVILEGES ON `a`.* TO `x`@`%` WITH GRANT OPTION"],
      ["GRANT SELECT, INSERT ON `a`.* TO `x`@`%`"],
    ),
  ).toEqual(["GRANT ALL PRIVILEGES ON `a`.* TO 'x'@'%' WITH GRANT OPTION"]);
});

test("a partial revoke is made by REVOKE and lifted by GRANT", () => {
  const all = "GRANT SELECT ON *.* TO `x`@`%`";
  const but = "REVOKE SELECT ON `a`.* FROM `x`@`%`";

  expect(changes([all, but], [all])).toEqual(["REVOKE SELECT ON `a`.* FROM 'x'@'%'"]);
  expect(changes([all], [all, but])).toEqual(["GRANT SELECT ON `a`.* TO 'x'@'%'"]);
});

test("what a person reads names the grant in full", () => {
  const [grant] = parseGrants("GRANT EXECUTE ON PROCEDURE `a`.`b` TO `x`@`%`") ?? [];

  expect(grant && grantText(grant)).toBe("EXECUTE ON PROCEDURE `a`.`b`");
});
