import { describe, expect, test } from "vitest";
import type { Estate } from "../../functions/postgres/pair/estate.ts";
import type { Membership } from "../../functions/postgres/pair/facts.ts";
import { viewOf } from "../../functions/postgres/pair/plan.ts";
import type { Pair } from "../../shared/engine/pair.ts";
import {
  applied,
  changesOf,
  facts,
  membership,
  role,
  SUFFIX,
  setting,
  statements,
  TURNED,
} from "./plan-model.ts";

const NAMED: Pair = { current: "blue", alternate: "green", clone: undefined };

describe("the plan for a clone", () => {
  test("creates a clone that does not exist, makes it a member, and sets its password last", () => {
    const view = viewOf(facts(), [], SUFFIX);

    expect(statements(view.plan("created"))).toEqual([
      'CREATE ROLE "app_clone" LOGIN',
      'GRANT "app" TO "app_clone" WITH INHERIT TRUE, SET TRUE',
      'ALTER ROLE "app_clone" SET role TO "app"',
      `ALTER ROLE "app_clone" PASSWORD '<the password under AWSPENDING>'`,
    ]);
  });

  test("has no statement for the base user but its password", () => {
    const after = applied(facts(), changesOf(viewOf(facts(), [], SUFFIX).plan("created")));

    expect(statements(viewOf(after, [], TURNED).plan("marked"))).toEqual([
      `ALTER ROLE "app" PASSWORD '<the password under AWSPENDING>'`,
    ]);
  });

  test("hands over before it makes anything else, and reads the facts again", () => {
    const estate: Estate = {
      of: "app_clone",
      successor: "app",
      database: "shop",
      harmless: 3,
      relations: [],
      unsafe: [],
      entitlements: [],
      temporaryGrants: [],
    };
    const known = facts({
      roles: [...facts().roles, role("app_clone")],
      memberships: [membership("app_clone", "app", { bySuperuser: true })],
    });

    const plan = viewOf(known, [estate], SUFFIX).plan("marked");

    expect(plan).toMatchObject({ replan: true });
    expect(statements(plan)[0]).toBe('in the database "shop": REASSIGN OWNED BY "app_clone" TO "app"');
    expect(changesOf(plan)[0]?.kind).toBe("takes");
  });

  test("names objects that would run with the rights of the base user, and changes nothing", () => {
    const unsafe = [
      { what: "view public.v", remedy: "ALTER VIEW public.v SET (security_invoker = true)" },
      { what: "materialized view public.m", remedy: "" },
    ];
    const estate: Estate = {
      of: "app_clone",
      successor: "app",
      database: "shop",
      harmless: 3,
      relations: [],
      unsafe,
      entitlements: [],
      temporaryGrants: [],
    };
    const known = facts({
      roles: [...facts().roles, role("app_clone")],
      memberships: [membership("app_clone", "app", { bySuperuser: true })],
    });

    const { refusal } = viewOf(known, [estate], SUFFIX).plan("marked");

    expect(refusal).toMatchObject({ reason: "privilege-mismatch" });
    expect(refusal?.cause).toContain('m in "shop" would run with the rights of app: check them');
    expect(refusal?.remedy).toMatch(
      /^Read the definitions first, .* drop what you do not trust: materialized view public\.m\. Run/,
    );
    expect(refusal?.remedy).toContain(
      'Run as an administrator in "shop": ALTER VIEW public.v SET (security_invoker = true); REASSIGN OWNED BY "app_clone" TO "app"',
    );
  });
});

describe("the ownership marker", () => {
  const known = (...memberships: Membership[]) =>
    facts({ roles: [...facts().roles, role("app_clone"), role("tenant")], memberships });

  test.for([
    ["clone", "a superuser made the clone a member", [membership("app_clone", "app", { bySuperuser: true })]],
    [
      "clone",
      "an administrator of the clone made it a member",
      [
        membership("app_clone", "app"),
        membership("admin", "app_clone", { admin: true, inherit: false, set: false }),
      ],
    ],
    [
      undefined,
      "a role without power over the clone made it a member",
      [membership("app_clone", "app", { grantor: "tenant" })],
    ],
    [
      undefined,
      "the clone may not SET ROLE",
      [membership("app_clone", "app", { bySuperuser: true, set: false })],
    ],
    [
      "reversed",
      "the base user is a member of the clone",
      [membership("app", "app_clone", { bySuperuser: true })],
    ],
    [undefined, "there is no membership", []],
  ] as const)("is %s if %s", ([marker, , memberships]) => {
    expect(viewOf(known(...memberships), [], SUFFIX).ownership.marker).toBe(marker);
  });

  test("the statement that ends a reversed marker revokes each grant by its grantor", () => {
    const rows = [membership("app", "app_clone"), membership("app", "app_clone", { grantor: "tenant" })];

    expect(viewOf(known(...rows), [], SUFFIX).ownership.unmark).toBe(
      'REVOKE "app_clone" FROM "app" GRANTED BY "admin"; REVOKE "app_clone" FROM "app" GRANTED BY "tenant"',
    );
  });

  test.for([
    ["partner", 'rotation_partner_of: "blue"'],
    ["partner", 'of the billing team\nrotation_partner_of: "blue"\nsince 2020'],
    [undefined, 'rotation_partner_of: "blue_2"'],
    [undefined, 'not rotation_partner_of: "blue"'],
    [undefined, "rotation_partner_of: blue"],
    [undefined, null],
  ] as const)("of a user that the secret names is %s with the comment %j", ([marker, comment]) => {
    const roles = [role("admin", { attributes: ["CREATEROLE"] }), role("blue"), role("green", { comment })];

    expect(viewOf(facts({ roles }), [], NAMED).ownership.marker).toBe(marker);
  });
});

describe("outsiders", () => {
  const known = (...memberships: Membership[]) =>
    facts({
      roles: [...facts().roles, role("app_clone")],
      memberships: [membership("app_clone", "app", { bySuperuser: true }), ...memberships],
    });
  const outsiders = (...rows: Membership[]) => viewOf(known(...rows), [], SUFFIX).ownership.outsiders;

  test("a tenant who is a member of the clone is one, although the clone makes it a member of the base user", () => {
    expect(outsiders(membership("tenant", "app_clone", { grantor: "tenant" }))).toEqual([
      {
        what: "the user tenant is a member of app_clone, and has no such power over app",
        remedy: 'REVOKE "app_clone" FROM "tenant" GRANTED BY "tenant"',
      },
    ]);
  });

  test("a tenant who has kept ADMIN OPTION on the clone is one, although it is a member of the base user", () => {
    const rows = [
      membership("tenant", "app"),
      membership("tenant", "app_clone", { admin: true, inherit: false, set: false, grantor: "postgres" }),
    ];

    expect(outsiders(...rows).map(({ remedy }) => remedy)).toEqual([
      'REVOKE ADMIN OPTION FOR "app_clone" FROM "tenant" GRANTED BY "postgres"',
    ]);
  });

  test.for([
    ["the admin user", [membership("admin", "app_clone", { admin: true })]],
    ["a superuser", [membership("root", "app_clone", { admin: true, hasPowerOverAll: true })]],
    ["a member of the base user", [membership("batch", "app_clone"), membership("batch", "app")]],
    [
      "an administrator of the base user",
      [membership("dba", "app_clone", { admin: true }), membership("dba", "app", { admin: true })],
    ],
    ["a member without any option", [membership("audit", "app_clone", { inherit: false, set: false })]],
  ] as const)("%s is none", ([, rows]) => {
    expect(outsiders(...rows)).toEqual([]);
  });
});

describe("two users that the secret names", () => {
  const roles = [role("admin", { attributes: ["CREATEROLE"] }), role("blue"), role("green"), role("shop")];
  const acts = (user: string) => setting({ role: user, database: null, name: "role", value: "shop" });
  const members = [membership("blue", "shop"), membership("green", "shop")];

  test("are planned if both act as the same role", () => {
    const known = facts({ roles, memberships: members, settings: [acts("blue"), acts("green")] });

    expect(statements(viewOf(known, [], NAMED).plan("marked"))).toEqual([
      `ALTER ROLE "green" PASSWORD '<the password under AWSPENDING>'`,
    ]);
    expect(viewOf(known, [], NAMED).differences).toEqual([]);
  });

  test.for([
    ["only the current one acts as a role", [acts("blue")]],
    ["only the alternate one acts as a role", [acts("green")]],
    ["neither acts as a role", []],
    [
      "they act as different roles in a database",
      [acts("blue"), acts("green"), { ...acts("green"), database: "x", value: "none" }],
    ],
  ] as const)("are refused if %s, with statements that end it", ([, settings]) => {
    const known = facts({ roles, memberships: members, settings: [...settings] });
    const { refusal } = viewOf(known, [], NAMED).plan("marked");
    expect(refusal).toMatchObject({ reason: "privilege-mismatch" });
    expect(viewOf(known, [], NAMED).differences).not.toEqual([]);

    const cures = /^Run as an administrator: (.+)$/.exec(refusal?.remedy ?? "")?.[1]?.split("; ") ?? [];
    const after = applied(
      known,
      cures.map((statement) => ({ statement, kind: "adds" }) as const),
    );

    expect(viewOf(after, [], NAMED).plan("marked").refusal).toBeUndefined();
  });
});

test("a pending user whose partner does not exist differs", () => {
  const known = facts({ roles: [role("admin"), role("green")] });

  expect(viewOf(known, [], NAMED).differences).toEqual(["has no partner: there is no role blue"]);
});
