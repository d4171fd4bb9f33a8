import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Facts, Membership } from "../../functions/postgres/pair/facts.ts";
import { viewOf } from "../../functions/postgres/pair/plan.ts";
import type { Pair, Plan, Taking } from "../../shared/engine/pair.ts";
import { applied, facts, membership, role, SUFFIX, setting, statements, TURNED } from "./plan-model.ts";

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
