import type { Finding } from "../../../shared/engine/pair.ts";
import { isModern } from "../session.ts";
import { id } from "../sql.ts";
import { type Facts, type Role, roleNamed } from "./facts.ts";
import { excessMemberships, grant, membershipsOf } from "./memberships.ts";
import { alter, differentSettings } from "./settings.ts";
import {
  actsReliably,
  databasesWithWrongRole,
  isSuperuser,
  readerOf,
  type Situation,
  target,
} from "./situation.ts";

/**
 * One way in which a user differs from the clone that it has to be. For the sides `more` and `less`, `what` is a thing,
 * such as `REPLICATION` or `the role reporting`; otherwise it is the end of "The pending user …". The remedy has a
 * placeholder for a value that may be a key.
 */
export interface Fault extends Finding {
  readonly side: "more" | "less" | "other" | "membership" | "acting";
  /** The statement that is executed, if it differs from the remedy. The rotation goes on if the server refuses it. */
  readonly run?: string;
  /** Whether the reader may execute the remedy. */
  readonly mayRepair: boolean;
  /** Whether testSecret refuses to promote a user with this fault. */
  readonly counts: boolean;
}

/** The properties of a new role of CREATE ROLE … LOGIN that a clone may need otherwise. */
const CREATED = {
  attributes: [] as string[],
  limits: ["CONNECTION LIMIT -1", "VALID UNTIL 'infinity'"],
  inherits: true,
};

/**
 * Returns the faults of one of the two users, in the order in which the plan repairs them. For an alternate user that does
 * not exist yet, returns the faults that CREATE ROLE will leave. The base role has none. Limits and settings have to be
 * those of the current user.
 */
export function faultsOf(situation: Situation, user: string): Fault[] {
  const { facts, pair, base, current } = situation;
  const clone: Pick<Role, keyof typeof CREATED> = roleNamed(facts, user) ?? CREATED;
  const baseRole = roleNamed(facts, base);
  if (user === base || baseRole === undefined) {
    return [];
  }
  const altered = (side: Fault["side"], what: string, clause = what) =>
    fault(side, what, `ALTER ROLE ${id(user)} ${clause}`, side === "other" || mayGrantAttribute(facts, what));
  // A clone needs inheritance for CONNECT on a database. Before PostgreSQL 16 the attribute INHERIT of the member decides.
  const inherits = clone.inherits || isModern(facts.server);
  const rows = membershipsOf(facts, user, base);
  const isMember = rows.some(({ set }) => set) && rows.some(({ inherit }) => inherit || !inherits);
  // SET ROLE gives all attributes but REPLICATION, which the server checks before it sets the role.
  const lacked = baseRole.attributes.filter((one) => one === "REPLICATION" || !actsReliably(facts.server));
  const noMember = `is no member of ${base} by INHERIT and SET`;
  return [
    ...(isMember ? [] : [fault("membership", noMember, grant(facts, base, user))]),
    ...(inherits ? [] : [altered("other", `does not inherit from ${base}`, "INHERIT")]),
    ...excessMemberships(facts, user, base).map((one) => fault("more", one.what, one.remedy, one.revocable)),
    ...clone.attributes
      .filter((one) => !baseRole.attributes.includes(one))
      .map((one) => altered("more", one, `NO${one}`)),
    ...lacked.filter((one) => !clone.attributes.includes(one)).map((one) => altered("less", one)),
    ...(current?.limits ?? []).flatMap((limit, index) => {
      const present = clone.limits[index];
      return present === limit ? [] : altered("other", `has ${present} instead of ${limit}`, limit);
    }),
    // A current user that AWS's template has cloned acts as itself until it is the alternate user.
    ...(user === pair.alternate || pair.clone === undefined ? actingFaults(situation, user) : []),
    ...differentSettings(facts, pair.current, user),
  ];
}

/** Returns the end of "The pending user …". `mirrored` is the current user's name if the current user has the fault. */
export function endOfSentence({ side, what }: Fault, mirrored?: string): string {
  return side === "more" || side === "less"
    ? `${(side === "more") === (mirrored === undefined) ? "has" : "lacks"} ${what}`
    : `${mirrored === undefined ? "" : `is not like ${mirrored}, which `}${what}`;
}

function fault(side: Fault["side"], what: string, remedy: string, mayRepair = true): Fault {
  return { side, what, remedy, mayRepair, counts: true };
}

/** Since PostgreSQL 16 a role that has an attribute may give it. Before, some need a superuser (manual, ALTER ROLE). */
function mayGrantAttribute(facts: Facts, attribute: string): boolean {
  const [reader, modern] = [readerOf(facts), isModern(facts.server)];
  const required = attribute === "CREATEDB" && !modern ? "CREATEROLE" : attribute;
  const isSufficient = required !== "SUPERUSER" && (modern || required === "CREATEROLE");
  return isSuperuser(reader) || (isSufficient && reader?.attributes.includes(required) === true);
}

function actingFaults(situation: Situation, user: string): Fault[] {
  return databasesWithWrongRole(situation, user).map((database) => {
    const role = target(situation, database);
    const what = `does not act as ${role}${database === null ? "" : ` in the database ${id(database)}`}`;
    return fault("acting", what, `${alter(user, database)} SET role TO ${id(role)}`);
  });
}
