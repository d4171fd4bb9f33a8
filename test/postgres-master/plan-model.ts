import { expect } from "vitest";
import type { Facts, Membership, Role, RoleSetting } from "../../functions/postgres/pair/facts.ts";
import type { PostgresChange } from "../../functions/postgres/pair/plan.ts";
import type { Change, Pair, Plan } from "../../shared/engine/pair.ts";

export const SUFFIX: Pair = { current: "app", alternate: "app_clone", clone: "alternate" };
export const TURNED: Pair = { current: "app_clone", alternate: "app", clone: "current" };

/** What was to be planned, and was not refused. */
export function changesOf(plan: Plan): readonly Change[] {
  return plan.refusal ? expect.fail(`${plan.refusal.cause} ${plan.refusal.remedy}`) : plan.changes;
}

export const statements = (plan: Plan) => changesOf(plan).map(({ statement }) => statement);

/** What the server makes of the changes of a plan, on facts instead of a catalog. Throws at a statement that it does not know. */
export function applied(facts: Facts, changes: readonly Change[]): Facts {
  return changes.reduce((now, change) => appliedOne(now, change as PostgresChange), facts);
}

export function role(name: string, changes: Partial<Role> = {}): Role {
  return {
    name,
    reserved: false,
    attributes: [],
    limits: ["CONNECTION LIMIT -1", "VALID UNTIL 'infinity'"],
    expired: false,
    canLogin: true,
    inherits: true,
    comment: null,
    administered: true,
    ...changes,
  };
}

export function membership(member: string, of: string, changes: Partial<Membership> = {}): Membership {
  return {
    role: of,
    member,
    grantor: "admin",
    bySuperuser: false,
    hasPowerOverAll: false,
    admin: false,
    inherit: true,
    set: true,
    revocable: true,
    ...changes,
  };
}

/** A setting of a parameter that every user may set, unless told. */
export function setting(
  one: Pick<RoleSetting, "role" | "database" | "name" | "value"> & Partial<RoleSetting>,
): RoleSetting {
  const context = { "app.key": null, log_statement: "superuser" }[one.name];
  return { context: context === undefined ? "user" : context, granted: false, ...one };
}

/** The facts of a pair that an admin user with CREATEROLE reads on PostgreSQL 18; the clone does not exist. */
export function facts(changes: Partial<Facts> = {}): Facts {
  return {
    server: { version: "18.4", number: 180004 },
    database: "postgres",
    readOnly: false,
    reader: { user: "admin", acts: "admin" },
    roles: [role("admin", { attributes: ["CREATEROLE"] }), role("app")],
    memberships: [],
    settings: [],
    belongings: [],
    sessionUserPolicies: [],
    ...changes,
  };
}

function appliedOne(now: Facts, { estate, run, statement }: PostgresChange): Facts {
  if (estate !== undefined) {
    const { of, database } = estate;
    const belongings = now.belongings.filter(
      (one) => one.role !== of || (one.database ?? now.database) !== database,
    );
    return { ...now, belongings };
  }
  const text = run ?? statement;
  for (const [pattern, effect] of EFFECTS) {
    const found = pattern.exec(text);
    if (found) return effect(now, ...found.slice(1).map((part) => part ?? ""));
  }
  throw new Error(`The model does not know this statement: ${text}`);
}

type Effect = (now: Facts, ...parts: string[]) => Facts;

function altered(now: Facts, name: string, change: (role: Role) => Partial<Role>): Facts {
  const roles = now.roles.map((one) => (one.name === name ? { ...one, ...change(one) } : one));
  return { ...now, roles };
}

const NAME = '"([^"]+)"';
const ATTRIBUTES = ["SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS", "REPLICATION"];

const EFFECTS: [pattern: RegExp, effect: Effect][] = [
  [
    new RegExp(`^CREATE ROLE ${NAME} LOGIN$`),
    (now, name = "") => ({
      ...now,
      roles: [...now.roles, role(name)],
      memberships: [
        ...now.memberships,
        membership("admin", name, { admin: true, inherit: false, set: false }),
      ],
    }),
  ],
  [
    new RegExp(`^GRANT ${NAME} TO ${NAME}(?: WITH INHERIT TRUE, SET TRUE)?$`),
    (now, of = "", member = "") => {
      const isOurs = (one: Membership) => one.role === of && one.member === member && one.grantor === "admin";
      return {
        ...now,
        memberships: [...now.memberships.filter((one) => !isOurs(one)), membership(member, of)],
      };
    },
  ],
  [
    new RegExp(`^REVOKE (ADMIN OPTION FOR )?${NAME} FROM ${NAME}(?: GRANTED BY ${NAME})?$`),
    (now, option = "", of = "", member = "", grantor = "") => ({
      ...now,
      memberships: now.memberships.flatMap((one) => {
        if (one.role !== of || one.member !== member || (grantor !== "" && one.grantor !== grantor))
          return one;
        return option === "" ? [] : { ...one, admin: false };
      }),
    }),
  ],
  [
    new RegExp(`^COMMENT ON ROLE ${NAME} IS '(.*)'$`, "s"),
    (now, name = "", comment = "") => altered(now, name, () => ({ comment })),
  ],
  [
    new RegExp(`^ALTER ROLE ${NAME}(?: IN DATABASE ${NAME})? SET (\\S+) TO (.+)$`),
    (now, name = "", database = "", parameter = "", value = "") => {
      const one = { role: name, database: database || null, name: parameter.replaceAll('"', "") };
      const set = setting({ ...one, value: value.replaceAll(/["']/g, "") });
      return { ...now, settings: [...without(now, one), set] };
    },
  ],
  [
    new RegExp(`^ALTER ROLE ${NAME}(?: IN DATABASE ${NAME})? RESET (\\S+)$`),
    (now, name = "", database = "", parameter = "") => ({
      ...now,
      settings: without(now, { role: name, database: database || null, name: parameter.replaceAll('"', "") }),
    }),
  ],
  [
    // Before PostgreSQL 16 all memberships of the role follow.
    new RegExp(`^ALTER ROLE ${NAME} INHERIT$`),
    (now, name = "") => ({
      ...altered(now, name, () => ({ inherits: true })),
      memberships: now.memberships.map((one) => (one.member === name ? { ...one, inherit: true } : one)),
    }),
  ],
  [
    new RegExp(`^ALTER ROLE ${NAME} (CONNECTION LIMIT|VALID UNTIL) (.+)$`),
    (now, name = "", kind = "", value = "") =>
      altered(now, name, ({ limits }) => ({
        limits: limits.map((one) => (one.startsWith(kind) ? `${kind} ${value}` : one)),
      })),
  ],
  [
    new RegExp(`^ALTER ROLE ${NAME} (NO)?(${ATTRIBUTES.join("|")})$`),
    (now, name = "", no = "", attribute = "") =>
      altered(now, name, ({ attributes }) => ({
        attributes: [...attributes.filter((one) => one !== attribute), ...(no === "" ? [attribute] : [])],
      })),
  ],
  [new RegExp(`^ALTER ROLE ${NAME} PASSWORD `), (now) => now],
];

function without(
  { settings }: Facts,
  { role, database, name }: { role: string; database: string | null; name: string },
) {
  return settings.filter((one) => one.role !== role || one.database !== database || one.name !== name);
}
