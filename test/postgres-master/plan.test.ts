import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Estate } from "../../functions/postgres/pair/estate.ts";
import type { Facts, Membership } from "../../functions/postgres/pair/facts.ts";
import { viewOf } from "../../functions/postgres/pair/plan.ts";
import type { Change, Pair, Plan, Taking } from "../../shared/engine/pair.ts";
import { applied, facts, membership, role, setting } from "./plan-model.ts";

const SUFFIX: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
const TURNED: Pair = { current: "app_clone", alternate: "app", clone: "current" };
const NAMED: Pair = { current: "blue", alternate: "green", clone: undefined };

/** What was to be planned, and was not refused. */
function changesOf(plan: Plan): readonly Change[] {
  return plan.refusal ? expect.fail(`${plan.refusal.cause} ${plan.refusal.remedy}`) : plan.changes;
}

const statements = (plan: Plan) => changesOf(plan).map(({ statement }) => statement);

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
      heir: "app",
      database: "shop",
      harmless: 3,
      relations: [],
      unsafe: [],
      titles: [],
      loans: [],
    };
    const known = facts({
      roles: [...facts().roles, role("app_clone")],
      memberships: [membership("app_clone", "app", { bySuperuser: true })],
    });

    const plan = viewOf(known, [estate], SUFFIX).plan("marked");

    expect(plan).toMatchObject({ again: true });
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
      heir: "app",
      database: "shop",
      harmless: 3,
      relations: [],
      unsafe,
      titles: [],
      loans: [],
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
    ["a superuser", [membership("root", "app_clone", { admin: true, almighty: true })]],
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

const ATTRIBUTES = ["CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION"];

/** A pair as anybody might have left it; whether the admin user may change everything about it, chance decides as well. */
const anyFacts = fc
  .record({
    number: fc.constantFrom(150018, 160004, 180004),
    adminIsSuperuser: fc.boolean(),
    exists: fc.boolean(),
    base: fc.subarray(ATTRIBUTES),
    clone: fc.subarray([...ATTRIBUTES, "SUPERUSER"]),
    limits: fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 })),
    inherits: fc.boolean(),
    rows: fc.array(
      fc.record({
        edge: fc.constantFrom(
          ["app_clone", "app"],
          ["app_clone", "team"],
          ["app", "team"],
          ["other", "app_clone"],
        ),
        grantor: fc.constantFrom("admin", "other"),
        bySuperuser: fc.boolean(),
        admin: fc.boolean(),
        inherit: fc.boolean(),
        set: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    settings: fc.uniqueArray(
      fc.record({
        role: fc.constantFrom("app", "app_clone"),
        database: fc.constantFrom(null, "shop"),
        name: fc.constantFrom("work_mem", "app.key", "log_statement"),
        value: fc.constantFrom("1", "2"),
      }),
      { selector: ({ role, database, name }) => `${role} ${database} ${name}` },
    ),
    acting: fc.uniqueArray(
      fc.record({
        role: fc.constantFrom("app", "app_clone", null),
        database: fc.constantFrom(null, "shop"),
        value: fc.constantFrom("app", "team", "none"),
      }),
      { selector: ({ role, database }) => `${role} ${database}` },
    ),
  })
  .map(
    ({ number, adminIsSuperuser, exists, base, clone, limits, inherits, rows, settings, acting }): Facts => {
      const modern = number >= 160000;
      const clones = exists
        ? [role("app_clone", { attributes: clone, limits: limitsOf(limits[1]), inherits })]
        : [];
      const memberships = new Map<string, Membership>();
      for (const { edge, grantor, ...options } of exists
        ? rows
        : rows.filter(({ edge }) => edge.every((name: string) => name !== "app_clone"))) {
        const [member = "", of = ""] = edge;
        const free = modern
          ? options
          : { ...options, set: true, inherit: member !== "app_clone" || inherits };
        const key = modern ? `${edge} ${grantor}` : String(edge);
        memberships.set(key, membership(member, of, { grantor: modern ? grantor : "admin", ...free }));
      }
      const known = (user: string | null) => exists || user !== "app_clone";
      return facts({
        server: { version: "any", number },
        roles: [
          role("admin", { attributes: adminIsSuperuser ? ["SUPERUSER"] : ["CREATEROLE", "CREATEDB"] }),
          role("app", { attributes: base, limits: limitsOf(limits[0]) }),
          role("team"),
          ...clones,
        ],
        memberships: [...memberships.values()],
        settings: [...settings, ...acting.map((one) => ({ ...one, name: "role" }))]
          .filter((one) => known(one.role))
          .map(setting),
      });
    },
  );

function limitsOf(connections: number): string[] {
  return [`CONNECTION LIMIT ${connections}`, "VALID UNTIL 'infinity'"];
}

const anyTaking = fc.constantFrom<Taking>("marked", "possessed");

describe("whatever the facts are", () => {
  const plans = (known: Facts, pair: Pair, taking: Taking) => {
    const exists = known.roles.some(({ name }) => name === pair.alternate);
    return viewOf(known, [], pair).plan(exists ? taking : "created");
  };
  const check = (property: (known: Facts, pair: Pair, plan: Plan) => void) =>
    fc.assert(
      fc.property(anyFacts, anyTaking, fc.constantFrom(SUFFIX, TURNED), (known, taking, pair) => {
        fc.pre(known.roles.some(({ name }) => name === pair.current));
        property(known, pair, plans(known, pair, taking));
      }),
      { numRuns: 500 },
    );

  test("after the plan there is nothing to change but the password, and the same plan changes nothing more", () => {
    let planned = 0;
    check((known, pair, plan) => {
      if (plan.refusal) return;
      planned++;
      const after = applied(known, plan.changes);
      expect(plans(after, pair, "marked").refusal).toBeUndefined();
      expect(statements(plans(after, pair, "marked"))).toHaveLength(1);
      expect(applied(after, plan.changes.slice(1))).toEqual(after);
    });
    expect(planned).toBeGreaterThan(50);
  });

  test("after the plan nothing differs but what an administrator is warned of", () => {
    check((known, pair, plan) => {
      if (plan.refusal) return;
      const { differences } = viewOf(applied(known, plan.changes), [], pair);
      if (plan.warnings.some((warning) => warning.startsWith("The master user may not"))) return;
      expect(differences.filter((one) => !one.startsWith("is not the secret's alone"))).toEqual([]);
    });
  });

  test("the password is last, and nothing but the password is set twice", () => {
    check((_known, _pair, plan) => {
      if (plan.refusal) return;
      expect(plan.changes.map(({ kind }) => kind === "password")).toEqual(
        plan.changes.map((_, index) => index === plan.changes.length - 1),
      );
      expect(new Set(statements(plan)).size).toBe(plan.changes.length);
    });
  });

  test("the current user gets nothing but the membership in the base user, and loses nothing", () => {
    check((_known, { current }, plan) => {
      if (plan.refusal) return;
      const about = statements(plan).filter((one) => new RegExp(`(ROLE|FROM) "${current}"`).test(one));
      expect(about).toEqual([]);
    });
  });

  test("each change of an existing alternate user but a GRANT is told to take something", () => {
    check((known, { alternate }, plan) => {
      if (plan.refusal || !known.roles.some(({ name }) => name === alternate)) return;
      for (const { kind, statement } of plan.changes) {
        expect(kind, statement).toBe(
          statement.startsWith("GRANT") ? "adds" : statement.includes(" PASSWORD ") ? "password" : "takes",
        );
      }
    });
  });
});
