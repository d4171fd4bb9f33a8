import fc from "fast-check";
import { MYSQL_FAMILY_TENANT } from "../../support/tenant/mysql-family.ts";
import type { MoveName } from "../../support/tenant/tenant.ts";
import { MADE } from "./cast.ts";
import { known, type Move, put, putPending, type Repertoire, rotate, run, start, step } from "./script.ts";

const USERS = ["tenant", "tenant_clone", "hr", "hr_clone", "peer", "peer_clone", "admin", "x", "absent"];
const user = fc.constantFrom(...USERS.map((part) => `<${part}>`));
const marker = fc.constantFrom(
  "'rotation_clone_of_[hr]'",
  "'rotation_clone_of_[tenant]'",
  "'rotation_clone_of_[peer]'",
);
const grantee = fc.oneof({ weight: 5, arbitrary: user }, { weight: 1, arbitrary: marker });
const privilege = fc.constantFrom(
  "SELECT",
  "ALL",
  "INSERT, UPDATE",
  "EXECUTE",
  "CREATE VIEW",
  "GRANT OPTION",
  "USAGE",
);
const object = fc.constantFrom(
  "[tenant].*",
  "[tenant].things",
  "[tenant]_hidden.*",
  "contract.[hr]_salaries",
  "*.*",
);
const withOption = fc.constantFrom("", "WITH GRANT OPTION");

const text = (first: TemplateStringsArray, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((chosen) => String.raw({ raw: first }, ...chosen));

const sql = fc.oneof(
  { weight: 4, arbitrary: text`GRANT ${privilege} ON ${object} TO ${grantee} ${withOption}` },
  { weight: 2, arbitrary: text`GRANT ${privilege} ON [tenant].* TO ${grantee} ${withOption}` },
  { weight: 2, arbitrary: text`REVOKE ${privilege} ON [tenant].* FROM ${grantee}` },
  text`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${user}`,
  text`GRANT ${grantee} TO ${grantee}`,
  text`GRANT PROXY ON ${user} TO ${user}`,
  text`CREATE USER ${user} IDENTIFIED BY '${fc.constant(MADE)}'`,
  text`CREATE ROLE ${marker}`,
  text`DROP USER ${user}`,
  text`ALTER USER ${user} IDENTIFIED BY '${fc.constant(MADE)}'`,
  text`ALTER USER USER() IDENTIFIED BY '${fc.constant(MADE)}'`,
  text`ALTER USER USER() IDENTIFIED BY '${fc.constant(MADE)}' RETAIN CURRENT PASSWORD`,
  text`ALTER USER ${user} ATTRIBUTE '{"rotation_clone_of": "[hr]"}'`,
  text`ALTER USER ${user} WITH MAX_QUERIES_PER_HOUR 1`,
  text`ALTER USER ${user} ACCOUNT LOCK`,
  text`SET PASSWORD = '${fc.constant(MADE)}'`,
  text`SET DEFAULT ROLE ALL TO ${user}`,
  text`SET sql_mode = ''`,
  text`CREATE DEFINER = ${user} FUNCTION [tenant].steal() RETURNS INT DETERMINISTIC SQL SECURITY DEFINER RETURN 1`,
  text`CREATE OR REPLACE DEFINER = ${user} VIEW [tenant].seen AS SELECT * FROM contract.[hr]_salaries`,
  text`CREATE TABLE [tenant].things (a INT)`,
);

/** The lock that rotations of these users take: of the single-user strategy if there is one, of the other if two. */
const lock = (...users: string[]): Move => ({
  do: "run",
  as: "tenant",
  hold: true,
  sql: [`SELECT GET_LOCK(CONCAT('rotation ', LEFT(SHA2('${users.join("\n")}', 256), 32)), 0)`],
  title: `GET_LOCK of ${users.join(" and ")}`,
});

const statement: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: sql.map((one) => run(one)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...(Object.keys(MYSQL_FAMILY_TENANT.moves) as MoveName[])).map(known),
  },
  { weight: 2, arbitrary: sql.map((one): Move => ({ do: "run", as: "tenant_clone", sql: [one] })) },
);

const STEPS_UP_TO_TEST = [start("tenant"), step("tenant", "createSecret"), step("tenant", "setSecret")];
const THE_REST = [step("tenant", "testSecret"), step("tenant", "finishSecret")];
const THINGS = run("CREATE TABLE [tenant].things (a INT)");

const NOW_TENANTS_PARTNER = put({ alternateUsername: "<peer>" });

const GAMBITS: Repertoire["gambits"] = {
  rotations: [
    [rotate("tenant"), rotate("tenant"), rotate("tenant")],
    [rotate("hr"), rotate("tenant"), rotate("hr")],
    [rotate("hr"), put({ username: "<hr_clone>", password: "made" }), rotate("tenant")],
  ],
  partners: [
    [NOW_TENANTS_PARTNER, rotate("tenant")],
    [put({ alternateUsername: "<hr>" }), rotate("tenant")],
    [rotate("hr"), put({ alternateUsername: "<hr_clone>" }), rotate("tenant")],
    [
      put({ username: "<peer>", password: "guessed" }, ["AWSPREVIOUS"]),
      put({ alternateUsername: "<peer>" }, ["MINE"]),
      rotate("tenant"),
    ],
  ],
  "grants that another rotation comes upon": [
    [run("GRANT SELECT ON [tenant].* TO <hr>"), rotate("hr")],
    [run("GRANT SELECT ON [tenant]_hidden.* TO <hr> WITH GRANT OPTION"), rotate("hr")],
    [rotate("hr"), run("GRANT SELECT ON [tenant]_hidden.* TO <hr>"), rotate("hr")],
    [rotate("hr"), run("GRANT SELECT ON [tenant]_hidden.* TO <hr_clone>"), rotate("hr")],
    [rotate("hr"), THINGS, run("GRANT SELECT ON [tenant].things TO <hr>"), rotate("hr"), rotate("hr")],
    [run("SET sql_mode = ''", "GRANT ALL ON [tenant].* TO <hr_clone>"), rotate("hr")],
    [rotate("hr"), run("GRANT ALL ON [tenant].* TO 'rotation_clone_of_[hr]'"), rotate("hr")],
    [
      start("hr"),
      step("hr", "createSecret"),
      step("hr", "setSecret"),
      run("GRANT ALL ON [tenant].* TO <hr_clone> WITH GRANT OPTION"),
      step("hr", "testSecret"),
      step("hr", "finishSecret"),
    ],
  ],
  "between two steps": [
    [THINGS, ...STEPS_UP_TO_TEST, run("GRANT SELECT ON [tenant].things TO <tenant_clone>"), ...THE_REST],
    [...STEPS_UP_TO_TEST, run("GRANT SELECT ON [tenant]_hidden.* TO <tenant_clone>"), ...THE_REST],
    [...STEPS_UP_TO_TEST, run("REVOKE SELECT ON [tenant].* FROM <tenant_clone>"), ...THE_REST],
    [
      start("tenant"),
      putPending({ username: "<tenant>", alternateUsername: "<absent>", password: "previous" }),
      ...THE_REST,
    ],
    [
      start("tenant"),
      putPending({ username: "<peer>", password: "guessed" }),
      step("tenant", "setSecret"),
      ...THE_REST,
    ],
  ],
  "master secrets": [
    [put({ masterarn: "tenant", alternateUsername: "<hr_clone>" }), rotate("tenant"), rotate("hr")],
    [put({ masterarn: "hr" }), rotate("tenant")],
  ],
  locks: [
    [lock("[hr]", "[hr_clone]"), rotate("hr")],
    [rotate("hr"), lock("[hr]", "[hr_clone]"), run("GRANT SELECT ON [tenant].* TO <hr_clone>"), rotate("hr")],
  ],
};

export const MYSQL_REPERTOIRE: Repertoire = { statement, gambits: GAMBITS };
